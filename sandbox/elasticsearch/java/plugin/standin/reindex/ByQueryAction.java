package standin.reindex;

import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.action.ActionType;
import org.elasticsearch.action.DocWriteRequest;
import org.elasticsearch.action.delete.DeleteRequest;
import org.elasticsearch.action.index.IndexRequest;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.action.support.HandledTransportAction;
import org.elasticsearch.client.internal.Client;
import org.elasticsearch.client.internal.ParentTaskAssigningClient;
import org.elasticsearch.cluster.metadata.IndexAbstraction;
import org.elasticsearch.cluster.metadata.ProjectId;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.io.stream.Writeable;
import org.elasticsearch.index.reindex.AbstractBulkByPaginatedSearchRequest;
import org.elasticsearch.index.reindex.BulkByPaginatedSearchResponse;
import org.elasticsearch.index.reindex.BulkByPaginatedSearchTask;
import org.elasticsearch.index.reindex.ReindexAction;
import org.elasticsearch.index.reindex.ReindexRequest;
import org.elasticsearch.index.reindex.UpdateByQueryAction;
import org.elasticsearch.index.reindex.UpdateByQueryRequest;
import org.elasticsearch.injection.guice.Inject;
import org.elasticsearch.script.CtxMap;
import org.elasticsearch.script.ReindexMetadata;
import org.elasticsearch.script.ReindexScript;
import org.elasticsearch.script.ScriptService;
import org.elasticsearch.search.SearchHit;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.transport.TransportService;
import org.elasticsearch.xcontent.XContentType;

import java.util.Map;
import java.util.function.Function;

/** Stand-in for the reindex module's transport actions, but for _delete_by_query; names, requests, tasks and stored results are the server's own. */
abstract class ByQueryAction<R extends AbstractBulkByPaginatedSearchRequest<R>> extends HandledTransportAction<R, BulkByPaginatedSearchResponse> {
    private final Client client;
    private final ClusterService cluster;
    private final TransportService transport;
    final ScriptService scripts;

    ByQueryAction(ActionType<?> type, Writeable.Reader<R> reader, ActionFilters filters, TransportService transport, Client client,
        ClusterService cluster, ScriptService scripts) {
        super(type.name(), transport, filters, reader, transport.getThreadPool().generic());
        this.client = client;
        this.cluster = cluster;
        this.transport = transport;
        this.scripts = scripts;
    }

    abstract Function<SearchHit, DocWriteRequest<?>> write(R request);

    /** What the real module refuses before it starts. */
    void check(R request, Map<String, IndexAbstraction> indices) {}

    @Override
    protected void doExecute(Task task, R request, ActionListener<BulkByPaginatedSearchResponse> listener) {
        transport.getThreadPool().generic().execute(() -> {
            try {
                check(request, cluster.state().metadata().getProject(ProjectId.DEFAULT).getIndicesLookup());
                Client mine = new ParentTaskAssigningClient(client, cluster.localNode(), task);
                new ByQuery(mine, (BulkByPaginatedSearchTask) task, request, write(request)).run(listener);
            } catch (Exception e) {
                listener.onFailure(e);
            }
        });
    }

    public static final class Reindex extends ByQueryAction<ReindexRequest> {
        @Inject
        public Reindex(ActionFilters f, TransportService t, Client c, ClusterService s, ScriptService scripts) {
            super(ReindexAction.INSTANCE, ReindexRequest::new, f, t, c, s, scripts);
        }

        @Override
        void check(ReindexRequest r, Map<String, IndexAbstraction> indices) {
            IndexAbstraction target = indices.get(r.getDestination().index());
            if (target == null || target.getWriteIndex() == null) return; // made by the first write, or refused by it
            for (String name : r.getSearchRequest().indices()) {
                IndexAbstraction source = indices.get(name);
                if (source == null || source.getIndices().contains(target.getWriteIndex()) == false) continue;
                ActionRequestValidationException e = new ActionRequestValidationException();
                e.addValidationError("reindex cannot write into an index its reading from [" + target.getWriteIndex().getName() + "]");
                throw e;
            }
        }

        @Override
        Function<SearchHit, DocWriteRequest<?>> write(ReindexRequest r) {
            IndexRequest dest = r.getDestination();
            ReindexScript.Factory script = r.getScript() == null ? null : scripts.compile(r.getScript(), ReindexScript.CONTEXT);
            return hit -> {
                IndexRequest w = new IndexRequest(dest.index()).id(hit.getId()).opType(dest.opType()).setPipeline(dest.getPipeline())
                    .versionType(dest.versionType()).routing(routing(dest.routing(), hit));
                if (dest.versionType() != org.elasticsearch.index.VersionType.INTERNAL) w.version(hit.getVersion());
                if (r.getDestination().isRequireAlias()) w.setRequireAlias(true);
                if (script == null) return w.source(hit.getSourceRef(), xContent(hit));
                ReindexMetadata meta = new ReindexMetadata(hit.getIndex(), hit.getId(), hit.getVersion(), routing(null, hit), "index", System.currentTimeMillis());
                CtxMap<ReindexMetadata> ctx = new CtxMap<>(hit.getSourceAsMap(), meta);
                script.newInstance(r.getScript().getParams(), ctx).execute();
                if (meta.getOp().equals("noop")) return null;
                String index = meta.indexChanged() ? meta.getIndex() : dest.index(), id = meta.getId();
                String routing = meta.routingChanged() ? meta.getRouting() : w.routing();
                if (meta.getOp().equals("delete")) return new DeleteRequest(index, id).routing(routing);
                return w.index(index).id(id).routing(routing).source(ctx.getSource());
            };
        }

        private static String routing(String wanted, SearchHit hit) {
            String own = hit.field("_routing") == null ? null : hit.field("_routing").getValue();
            return wanted == null || wanted.equals("keep") ? own : wanted.startsWith("=") ? wanted.substring(1) : null;
        }
    }

    public static final class Update extends ByQueryAction<UpdateByQueryRequest> {
        @Inject
        public Update(ActionFilters f, TransportService t, Client c, ClusterService s, ScriptService scripts) {
            super(UpdateByQueryAction.INSTANCE, UpdateByQueryRequest::new, f, t, c, s, scripts);
        }

        @Override
        Function<SearchHit, DocWriteRequest<?>> write(UpdateByQueryRequest r) {
            return hit -> new IndexRequest(hit.getIndex()).id(hit.getId()).routing(Reindex.routing(null, hit)).setPipeline(r.getPipeline())
                .setIfSeqNo(hit.getSeqNo()).setIfPrimaryTerm(hit.getPrimaryTerm()).source(hit.getSourceRef(), xContent(hit));
        }
    }

    @SuppressWarnings("deprecation") // the stored bytes do not say what they are
    private static XContentType xContent(SearchHit hit) {
        return org.elasticsearch.common.xcontent.XContentHelper.xContentType(hit.getSourceRef());
    }
}
