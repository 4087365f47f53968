package standin.security;

import org.elasticsearch.core.TimeValue;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestStatus;
import standin.common.Api;
import standin.common.Api.Call;
import standin.common.Api.Reply;
import standin.common.State;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Stand-in for x-pack-security's API key, password and _authenticate endpoints; role_descriptors are kept and shown but never applied. */
public final class SecurityApi {
    private SecurityApi() {}

    public static List<RestHandler> handlers(Supplier<State> state, Supplier<Security> security) {
        return List.of(
            Api.plain("api_key_create", "POST /_security/api_key, PUT /_security/api_key", "refresh", c -> create(state.get(), c)),
            Api.plain("api_key_get", "GET /_security/api_key", "id name owner active_only username realm_name with_limited_by with_profile_uid",
                c -> list(state.get(), c)),
            Api.plain("api_key_delete", "DELETE /_security/api_key", "", c -> invalidate(state.get(), c)),
            Api.plain("password", "POST /_security/user/{username}/_password, PUT /_security/user/{username}/_password", "username refresh", c -> {
                if ("elastic".equals(c.param("username")) == false) return new Reply(RestStatus.NOT_FOUND, Map.of("error", "only [elastic] exists here"));
                security.get().setPassword(c.body().get("password").toString());
                return Reply.ok(Map.of());
            }),
            Api.plain("authenticate", "GET /_security/_authenticate", "", c -> Reply.ok(who(state.get(), c))));
    }

    private static Map<String, Object> who(State state, Call c) {
        String id = Security.apiKeyId(c.authorization()), realm = id == null ? "reserved" : "_es_api_key";
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("username", "elastic");
        out.put("roles", id == null ? List.of("superuser") : List.of());
        out.put("full_name", null);
        out.put("email", null);
        out.put("metadata", id == null ? Map.of("_reserved", true) : Map.of());
        out.put("enabled", true);
        out.put("authentication_realm", Map.of("name", realm, "type", realm));
        out.put("lookup_realm", Map.of("name", realm, "type", realm));
        out.put("authentication_type", id == null ? "realm" : "api_key");
        if (id != null) out.put("api_key", Map.of("id", id, "name", ((Map<?, ?>) state.read("api_keys").get(id)).get("name")));
        return out;
    }

    private static Reply create(State state, Call c) {
        if (c.body().get("name") instanceof String == false) throw new IllegalArgumentException("api key name is required");
        String id = Security.random(15), secret = Security.random(16);
        Map<String, Object> key = new LinkedHashMap<>(), out = new LinkedHashMap<>();
        key.put("name", c.body().get("name"));
        key.put("creation", System.currentTimeMillis());
        if (c.body().get("expiration") instanceof String e) {
            key.put("expiration", System.currentTimeMillis() + TimeValue.parseTimeValue(e, "expiration").millis());
        }
        key.put("invalidated", false);
        key.put("metadata", c.body().getOrDefault("metadata", Map.of()));
        key.put("role_descriptors", c.body().getOrDefault("role_descriptors", Map.of()));
        key.put("hash", Security.hash(id, secret));
        state.change("api_keys", all -> all.put(id, key));
        out.put("id", id);
        out.put("name", key.get("name"));
        if (key.containsKey("expiration")) out.put("expiration", key.get("expiration"));
        out.put("api_key", secret);
        out.put("encoded", Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8)));
        return Reply.ok(out);
    }

    private static Reply list(State state, Call c) {
        List<Object> out = new ArrayList<>();
        state.read("api_keys").forEach((id, o) -> {
            Map<?, ?> k = (Map<?, ?>) o;
            boolean hidden = c.flag("active_only") && k.get("invalidated").equals(true);
            if (hidden || c.param("id") != null && c.param("id").equals(id) == false) return;
            if (c.param("name") != null && c.param("name").equals(k.get("name")) == false) return;
            Map<String, Object> m = new LinkedHashMap<>(Map.of("id", id, "type", "rest", "username", "elastic", "realm", "reserved"));
            k.forEach((n, v) -> m.put(n.toString(), v));
            m.remove("hash");
            out.add(m);
        });
        RestStatus status = out.isEmpty() && c.param("id") != null ? RestStatus.NOT_FOUND : RestStatus.OK;
        return new Reply(status, Map.of("api_keys", out));
    }

    private static Reply invalidate(State state, Call c) {
        Object ids = c.body().containsKey("ids") ? c.body().get("ids") : c.body().get("id"), name = c.body().get("name");
        List<Object> now = new ArrayList<>(), before = new ArrayList<>();
        state.change("api_keys", all -> {
            all.forEach((id, o) -> {
                @SuppressWarnings("unchecked")
                Map<String, Object> k = (Map<String, Object>) o;
                boolean chosen = ids instanceof List<?> l ? l.contains(id) : ids != null ? ids.equals(id) : name != null && name.equals(k.get("name"));
                if (chosen) (k.put("invalidated", true).equals(true) ? before : now).add(id);
            });
            return null;
        });
        return new Reply(RestStatus.OK, Map.of("invalidated_api_keys", now, "previously_invalidated_api_keys", before, "error_count", 0));
    }
}
