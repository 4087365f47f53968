package standin.security;

import org.elasticsearch.ElasticsearchSecurityException;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.rest.RestStatus;

import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Who sent a request: the user `elastic`, or an API key of his, whose role is null when it has his rights. */
public record Caller(String user, String apiKeyId, Role role) {
    private static final String KEY = "stand-in.caller";
    /** What every caller may ask about himself. */
    private static final Set<String> OF_ONESELF = Set.of("cluster:admin/xpack/security/user/authenticate", "cluster:admin/xpack/security/user/has_privileges");

    void remember(ThreadContext context) {
        context.putTransient(KEY, this);
    }

    /** The caller of the request at hand; null for what the node does by itself, and where security is off. */
    static Caller of(ThreadContext context) {
        return context.getTransient(KEY);
    }

    /** Throws 403 unless the caller of the request at hand may do this; for REST endpoints of ours that run no transport action. */
    public static Caller require(ThreadContext context, String clusterAction) {
        Caller caller = of(context);
        if (caller != null) caller.requireCluster(clusterAction);
        return caller;
    }

    void requireCluster(String action) {
        if (role == null || role.allowsCluster(action) || OF_ONESELF.contains(action)) return;
        throw denied(action, "", "cluster", Privileges.CLUSTER.granting(action));
    }

    ElasticsearchSecurityException deniedOn(Collection<String> indices, String action) {
        return denied(action, indices.isEmpty() ? "" : " on indices [" + String.join(",", indices) + "]", "index", Privileges.INDEX.granting(action));
    }

    private ElasticsearchSecurityException denied(String action, String where, String kind, List<String> granting) {
        String who = apiKeyId == null ? "user [" + user + "]" : "API key id [" + apiKeyId + "] of user [" + user + "]";
        String granted = granting.isEmpty() ? "" : ", this action is granted by the " + kind + " privileges [" + String.join(",", granting) + "]";
        return new ElasticsearchSecurityException("action [" + action + "] is unauthorized for " + who + where + granted, RestStatus.FORBIDDEN);
    }
}
