package standin.security;

import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ActionRequest;
import org.elasticsearch.action.ActionResponse;
import org.elasticsearch.action.CompositeIndicesRequest;
import org.elasticsearch.action.DocWriteRequest;
import org.elasticsearch.action.IndicesRequest;
import org.elasticsearch.action.admin.indices.alias.Alias;
import org.elasticsearch.action.admin.indices.alias.IndicesAliasesRequest;
import org.elasticsearch.action.admin.indices.create.CreateIndexRequest;
import org.elasticsearch.action.bulk.BulkItemRequest;
import org.elasticsearch.action.bulk.BulkShardRequest;
import org.elasticsearch.action.support.ActionFilter;
import org.elasticsearch.action.support.ActionFilterChain;
import org.elasticsearch.cluster.metadata.ProjectId;
import org.elasticsearch.cluster.metadata.ProjectMetadata;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.tasks.Task;
import standin.license.License;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Stand-in for x-pack-security's authorization: on every transport action of a request, children included, in the place and in the words
 * of the real one. What the node does by itself has no caller and is allowed. There are no rights on fields or on single documents.
 */
public final class Authorization implements ActionFilter {
    private static final String[] STOPPED_BY_AN_EXPIRED_LICENCE = { "cluster:monitor/health*", "cluster:monitor/stats*", "indices:monitor/stats*",
        "cluster:monitor/nodes/stats*" };
    /** Checked by what they do later: a search or a bulk for each of their parts, or nothing that names an index. */
    private static final Set<String> BY_NAME_ALONE = Set.of("indices:data/write/bulk", "indices:data/write/index", "indices:data/write/delete",
        "indices:data/read/mget", "indices:data/read/msearch", "indices:data/write/reindex", "indices:data/read/scroll");
    private static final Set<String> OF_AN_OPEN_SEARCH = Set.of("indices:data/read/scroll/clear", "indices:data/read/close_point_in_time");

    private final ThreadContext context;
    private final ClusterService cluster;
    private final Supplier<License> license;

    public Authorization(ThreadContext context, ClusterService cluster, Supplier<License> license) {
        this.context = context;
        this.cluster = cluster;
        this.license = license;
    }

    @Override
    public int order() {
        return Integer.MIN_VALUE;
    }

    @Override
    public <Q extends ActionRequest, R extends ActionResponse> void apply(Task task, String action, Q request, ActionListener<R> listener,
        ActionFilterChain<Q, R> chain) {
        try {
            Caller caller = Caller.of(context);
            if (caller != null) {
                if (Regex.simpleMatch(STOPPED_BY_AN_EXPIRED_LICENCE, action)) license.get().requireActive("security");
                if (caller.role() != null) authorize(caller, action, request);
            }
        } catch (Exception e) {
            listener.onFailure(e);
            return;
        }
        chain.proceed(task, action, request, listener);
    }

    private void authorize(Caller caller, String action, ActionRequest request) {
        if (action.startsWith("internal:")) return;
        if (Privileges.isClusterAction(action)) {
            caller.requireCluster(action);
        } else if (OF_AN_OPEN_SEARCH.contains(action)) {
            return;
        } else if (BY_NAME_ALONE.contains(action)) {
            if (caller.role().allowsSomewhere(action) == false) throw caller.deniedOn(List.of(), action);
        } else if (request instanceof IndicesAliasesRequest many) {
            Set<String> names = new TreeSet<>();
            many.getAliasActions().forEach(one -> names.addAll(resolver(caller, action).resolve(one)));
            requireOn(caller, action, names);
        } else if (request instanceof IndicesRequest one) {
            requireOn(caller, action, resolver(caller, action).resolve(one));
            if (request instanceof CreateIndexRequest create) requireAliases(caller, create);
            if (request instanceof BulkShardRequest bulk) for (BulkItemRequest item : bulk.items()) check(caller, item);
        } else {
            throw new IllegalStateException("this stand-in cannot tell which indices [" + action + "] is about, so it does not authorize it"
                + (request instanceof CompositeIndicesRequest ? " (composite)" : ""));
        }
    }

    private AuthorizedNames resolver(Caller caller, String action) {
        ProjectMetadata project = cluster.state().metadata().getProject(ProjectId.DEFAULT);
        return new AuthorizedNames(project, name -> caller.role().allowsOn(name, action));
    }

    private static void requireOn(Caller caller, String action, Collection<String> names) {
        List<String> denied = names.stream().distinct().filter(n -> caller.role().allowsOn(n, action) == false).sorted().toList();
        boolean nothing = names.isEmpty() && caller.role().allowsSomewhere(action) == false;
        if (denied.isEmpty() == false || nothing) throw caller.deniedOn(denied, action);
    }

    private static void requireAliases(Caller caller, CreateIndexRequest create) {
        if (create.aliases().isEmpty()) return;
        List<String> names = new ArrayList<>(create.aliases().stream().map(Alias::name).toList());
        names.add(create.index());
        requireOn(caller, "indices:admin/aliases", names);
    }

    /** Refuses one item of a bulk and lets the others go on. */
    private static void check(Caller caller, BulkItemRequest item) {
        DocWriteRequest<?> request = item.request();
        String action = switch (request.opType()) {
            case INDEX -> "indices:data/write/index:op_type/index";
            case CREATE -> "indices:data/write/index:op_type/create";
            case UPDATE -> "indices:data/write/update";
            case DELETE -> "indices:data/write/delete";
        };
        if (caller.role().allowsOn(item.index(), action) == false) item.abort(item.index(), caller.deniedOn(List.of(item.index()), action));
    }
}
