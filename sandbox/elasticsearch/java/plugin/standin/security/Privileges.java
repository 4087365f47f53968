package standin.security;

import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.elasticsearch.common.regex.Regex;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The privileges of x-pack-security that this stand-in knows, with the patterns of actions that each one grants, from the least to the
 * most of them. Every other name is refused, so that no test passes on a privilege that nothing here enforces.
 */
final class Privileges {
    /** A kind of privileges, cluster or index. */
    record Kind(String name, Map<String, Automaton> known) {
        Automaton get(String privilege) {
            Automaton found = known.get(privilege);
            if (found != null) return found;
            throw new IllegalArgumentException("unknown " + name + " privilege [" + privilege + "]. This stand-in knows " + known.keySet());
        }

        /** The names that grant an action, as a denial lists them. */
        List<String> granting(String action) {
            return known.entrySet().stream().filter(e -> Operations.run(e.getValue(), action)).map(Map.Entry::getKey).toList();
        }
    }

    private static final String[] SECURITY = { "cluster:admin/xpack/security/*" };
    private static final String[] PIPELINES = { "cluster:admin/ingest/pipeline/*" };
    private static final String[] WHOLE_CLUSTER = { "cluster:*", "indices:admin/template/*", "indices:admin/index_template/*" };
    private static final String AUTO_MAPPING = "indices:admin/mapping/auto_put";

    static final Kind CLUSTER = new Kind("cluster", cluster());
    static final Kind INDEX = new Kind("index", index());

    private Privileges() {}

    static boolean isClusterAction(String action) {
        return Regex.simpleMatch(WHOLE_CLUSTER, action);
    }

    /** Whether every word of one is a word of the other. */
    static boolean within(Automaton inner, Automaton outer) {
        return Operations.isEmpty(Operations.minus(inner, outer, Operations.DEFAULT_DETERMINIZE_WORK_LIMIT));
    }

    static Automaton union(Collection<Automaton> parts) {
        return Operations.determinize(Operations.union(parts), Operations.DEFAULT_DETERMINIZE_WORK_LIMIT);
    }

    private static Automaton of(String... patterns) {
        return Regex.simpleMatchToAutomaton(patterns);
    }

    private static Map<String, Automaton> cluster() {
        Map<String, Automaton> m = new LinkedHashMap<>();
        m.put("read_pipeline", of("cluster:admin/ingest/pipeline/get", "cluster:admin/ingest/pipeline/simulate"));
        m.put("cancel_task", of("cluster:admin/tasks/cancel*"));
        m.put("monitor_inference", of("cluster:monitor/xpack/inference*"));
        m.put("manage_inference", of("cluster:admin/xpack/inference/*", "cluster:monitor/xpack/inference*"));
        m.put("manage_index_templates", of("indices:admin/template/*", "indices:admin/index_template/*", "cluster:admin/component_template/*"));
        m.put("manage_ingest_pipelines", of(PIPELINES));
        m.put("manage_pipeline", of(PIPELINES));
        m.put("manage_api_key", of("cluster:admin/xpack/security/api_key/*"));
        m.put("manage_security", of(SECURITY));
        m.put("monitor", of("cluster:monitor/*", "indices:admin/template/get", "indices:admin/index_template/get", "cluster:admin/component_template/get"));
        m.put("manage", Operations.minus(of(WHOLE_CLUSTER), of(SECURITY), Operations.DEFAULT_DETERMINIZE_WORK_LIMIT));
        m.put("all", of(WHOLE_CLUSTER));
        return m;
    }

    private static Map<String, Automaton> index() {
        String index = "indices:data/write/index*", bulk = "indices:data/write/bulk*";
        Map<String, Automaton> m = new LinkedHashMap<>();
        m.put("create_doc", of("indices:data/write/index", "indices:data/write/index[*", "indices:data/write/index:op_type/create", bulk, AUTO_MAPPING));
        m.put("create", of(index, bulk, AUTO_MAPPING));
        m.put("delete", of("indices:data/write/delete*", bulk));
        m.put("index", of(index, bulk, "indices:data/write/update*", AUTO_MAPPING));
        m.put("write", of("indices:data/write/*", AUTO_MAPPING));
        m.put("read", of("indices:data/read/*"));
        m.put("create_index", of("indices:admin/create", "indices:admin/auto_create", "indices:admin/data_stream/create"));
        m.put("delete_index", of("indices:admin/delete", "indices:admin/data_stream/delete"));
        m.put("maintenance", of("indices:admin/refresh*", "indices:admin/flush*", "indices:admin/synced_flush", "indices:admin/forcemerge*"));
        m.put("view_index_metadata", of("indices:admin/aliases/get", "indices:admin/get", "indices:admin/mappings/fields/get*", "indices:admin/mappings/get",
            "indices:admin/shards/search_shards", "indices:admin/validate/query*", "indices:monitor/settings/get", "indices:admin/ilm/explain",
            "indices:admin/data_stream/get", "indices:admin/resolve/index", "indices:data/read/field_caps*"));
        m.put("monitor", of("indices:monitor/*"));
        m.put("manage", of("indices:monitor/*", "indices:admin/*", "indices:data/read/field_caps*"));
        m.put("all", of("indices:*"));
        return m;
    }
}
