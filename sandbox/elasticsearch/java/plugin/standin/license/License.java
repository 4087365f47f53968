package standin.license;

import org.elasticsearch.ElasticsearchSecurityException;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestStatus;
import standin.common.Api;
import standin.common.Api.Call;
import standin.common.Api.Reply;
import standin.common.State;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** Stand-in for x-pack-core's licence service: self-generated basic or 30-day trial, stored; only inference asks for it. */
public final class License {
    private static final long TRIAL_DAYS = 30;
    private final State state;
    private final String clusterName;

    public License(State state, String selfGenerated, String clusterName) {
        this.state = state;
        this.clusterName = clusterName;
        if (state.read("license").isEmpty()) state.change("license", m -> issue(m, selfGenerated));
    }

    private static boolean issue(Map<String, Object> m, String type) {
        m.put("type", type);
        m.put("uid", UUID.randomUUID().toString());
        m.put("issued", System.currentTimeMillis());
        if (type.equals("trial")) m.put("trial_used", true);
        return true;
    }

    private static long expiry(Map<String, Object> m) {
        return ((Number) m.get("issued")).longValue() + TRIAL_DAYS * 24 * 3600 * 1000;
    }

    private static boolean isTrial(Map<String, Object> m) {
        return m.get("type").equals("trial");
    }

    /** 403 as LicenseUtils gives it, unless a running trial allows the inference API. */
    public void requireInference() {
        Map<String, Object> m = state.read("license");
        if (isTrial(m) == false || expired(m)) throw nonCompliant("inference");
    }

    /** The same 403 for what a Basic licence allows too, but no licence that has ended. */
    public void requireActive(String feature) {
        if (expired(state.read("license"))) throw nonCompliant(feature);
    }

    private static boolean expired(Map<String, Object> m) {
        return isTrial(m) && System.currentTimeMillis() >= expiry(m);
    }

    private static ElasticsearchSecurityException nonCompliant(String feature) {
        ElasticsearchSecurityException e = new ElasticsearchSecurityException("current license is non-compliant for [" + feature + "]", RestStatus.FORBIDDEN);
        e.addMetadata("es.license.expired.feature", feature);
        return e;
    }

    private Map<String, Object> shown() {
        Map<String, Object> m = state.read("license"), out = new LinkedHashMap<>();
        long issued = ((Number) m.get("issued")).longValue();
        out.put("status", expired(m) ? "expired" : "active");
        out.put("uid", m.get("uid"));
        out.put("type", m.get("type"));
        date(out, "issue_date", issued);
        if (isTrial(m)) date(out, "expiry_date", expiry(m));
        out.put("max_nodes", 1000);
        out.put("max_resource_units", null);
        out.put("issued_to", clusterName);
        out.put("issuer", "elasticsearch");
        out.put("start_date_in_millis", -1);
        return Map.of("license", out);
    }

    private static void date(Map<String, Object> out, String key, long millis) {
        out.put(key, Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.MILLIS).toString());
        out.put(key + "_in_millis", millis);
    }

    private Reply age(Call c) {
        if (c.param("days") == null) throw new IllegalArgumentException("days is required");
        long millis = Math.round(Double.parseDouble(c.param("days")) * 24 * 3600 * 1000);
        return state.change("license", m -> {
            m.put("issued", ((Number) m.get("issued")).longValue() - millis);
            return Reply.ok(ordered("acknowledged", true));
        });
    }

    private Reply startTrial(Call c) {
        return state.change("license", m -> {
            if (m.containsKey("trial_used")) return refused(RestStatus.FORBIDDEN, "trial_was_started", "Trial was already activated.", true);
            if (c.flag("acknowledge") == false) return refused(RestStatus.OK, "trial_was_started", "Needs acknowledgement.", false);
            issue(m, "trial");
            return Reply.ok(ordered("acknowledged", true, "trial_was_started", true, "type", "trial"));
        });
    }

    private Reply startBasic(Call c) {
        return state.change("license", m -> {
            if (isTrial(m) == false) return refused(RestStatus.FORBIDDEN, "basic_was_started", "Current license is basic.", true);
            if (c.flag("acknowledge") == false) return refused(RestStatus.OK, "basic_was_started", "Needs acknowledgement.", false);
            issue(m, "basic");
            return Reply.ok(ordered("acknowledged", true, "basic_was_started", true));
        });
    }

    private static Reply refused(RestStatus status, String what, String why, boolean acknowledged) {
        Map<String, Object> m = ordered("acknowledged", acknowledged, what, false, "error_message", "Operation failed: " + why);
        if (acknowledged == false) m.put("acknowledge", ordered("message", "This changes the licence; repeat with acknowledge=true."));
        return new Reply(status, m);
    }

    private static Map<String, Object> ordered(Object... kv) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (int i = 0; i < kv.length; i += 2) m.put(kv[i].toString(), kv[i + 1]);
        return m;
    }

    public static List<RestHandler> handlers(Supplier<License> l) {
        return List.of(
            Api.plain("cluster:monitor/xpack/license/get", "GET /_license", "accept_enterprise local", c -> Reply.ok(l.get().shown())),
            Api.plain("cluster:admin/xpack/license/trial_status", "GET /_license/trial_status", "",
                c -> Reply.ok(ordered("eligible_to_start_trial", l.get().state.read("license").containsKey("trial_used") == false))),
            // Of the stand-in alone, for tests, which no real licence service has: makes the cluster eligible for a trial again, and moves
            // the day on which the licence was issued back by as many days.
            Api.plain("cluster:admin/stand_in/forget_trial", "POST /_stand_in/forget_trial", "", c -> l.get().state.change("license", m -> {
                m.remove("trial_used");
                return Reply.ok(ordered("acknowledged", true));
            })),
            Api.plain("cluster:admin/stand_in/age_licence", "POST /_stand_in/age_licence", "days", c -> l.get().age(c)),
            Api.plain("cluster:admin/xpack/license/start_trial", "POST /_license/start_trial", "acknowledge type", c -> l.get().startTrial(c)),
            Api.plain("cluster:admin/xpack/license/start_basic", "POST /_license/start_basic", "acknowledge", c -> l.get().startBasic(c)));
    }
}
