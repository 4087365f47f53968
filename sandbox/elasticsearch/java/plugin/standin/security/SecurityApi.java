package standin.security;

import org.elasticsearch.common.ValidationException;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Stand-in for x-pack-security's endpoints for API keys, the password of `elastic` and _has_privileges. */
public final class SecurityApi {
    private SecurityApi() {}

    public static List<RestHandler> handlers(Supplier<State> state, Supplier<Security> security) {
        return List.of(
            Api.plain("cluster:admin/xpack/security/api_key/create", "POST /_security/api_key, PUT /_security/api_key", "refresh", c -> create(state.get(), c)),
            Api.plain("cluster:admin/xpack/security/api_key/invalidate", "DELETE /_security/api_key", "", c -> invalidate(state.get(), c)),
            Api.plain("cluster:admin/xpack/security/user/change_password", "POST /_security/user/{username}/_password", "username", c -> changePassword(security.get(), c)),
            Api.plain("cluster:admin/xpack/security/user/has_privileges", "GET /_security/user/_has_privileges, POST /_security/user/_has_privileges", "",
                c -> Reply.ok(hasPrivileges(c))));
    }

    private static Reply changePassword(Security security, Call c) {
        ValidationException invalid = new ValidationException();
        String user = c.param("username");
        if (c.body().get("password") instanceof String == false) invalid.addValidationError("request must contain either a password or a password hash");
        else if (c.body().get("password").toString().length() < 6) invalid.addValidationError("passwords must be at least [6] characters long");
        else if (user.equals("elastic") == false) invalid.addValidationError("user must exist in order to change password");
        for (String field : c.body().keySet()) if (field.equals("password") == false) invalid.addValidationError("[" + field + "] is not part of this stand-in");
        if (invalid.validationErrors().isEmpty() == false) throw invalid;
        security.setPassword(c.body().get("password").toString());
        return Reply.ok(Map.of());
    }

    private static Map<String, Object> hasPrivileges(Call c) {
        Role role = c.caller().role();
        Map<String, Object> cluster = new TreeMap<>(), index = new TreeMap<>(), out = new LinkedHashMap<>();
        for (String field : c.body().keySet()) {
            if (List.of("cluster", "index").contains(field) == false) throw new IllegalArgumentException("[" + field + "] is not part of this stand-in's _has_privileges");
        }
        if (c.body().isEmpty()) throw new IllegalArgumentException("must specify at least one privilege");
        for (String p : Role.words(c.body().get("cluster"))) {
            Privileges.CLUSTER.get(p);
            cluster.put(p, role == null || role.hasCluster(p));
        }
        boolean all = cluster.containsValue(false) == false;
        for (Object entry : (List<?>) c.body().getOrDefault("index", List.of())) {
            Map<?, ?> one = (Map<?, ?>) entry;
            for (String name : Role.words(one.get("names"))) {
                @SuppressWarnings("unchecked")
                Map<String, Object> found = (Map<String, Object>) index.computeIfAbsent(name, n -> new TreeMap<String, Object>());
                for (String p : Role.words(one.get("privileges"))) {
                    Privileges.INDEX.get(p);
                    boolean has = role == null || role.hasIndex(name, p);
                    found.put(p, has);
                    all &= has;
                }
            }
        }
        out.put("username", c.caller().user());
        out.put("has_all_requested", all);
        out.put("cluster", cluster);
        out.put("index", index);
        out.put("application", Map.of());
        return out;
    }

    private static Reply create(State state, Call c) {
        for (String field : c.body().keySet()) {
            if (List.of("name", "role_descriptors").contains(field) == false) throw new IllegalArgumentException("[" + field + "] is not part of this stand-in's API keys");
        }
        if (c.body().get("name") instanceof String == false) throw new IllegalArgumentException("api key name is required");
        String id = Security.random(15), secret = Security.random(16);
        Map<String, Object> key = new LinkedHashMap<>(), out = new LinkedHashMap<>();
        key.put("name", c.body().get("name"));
        key.put("creation", System.currentTimeMillis());
        key.put("invalidated", false);
        key.put("role_descriptors", c.body().getOrDefault("role_descriptors", Map.of()));
        Role.of((Map<?, ?>) key.get("role_descriptors"));
        key.put("hash", Security.hash(id, secret));
        state.change("api_keys", all -> all.put(id, key));
        out.put("id", id);
        out.put("name", key.get("name"));
        out.put("api_key", secret);
        out.put("encoded", Base64.getEncoder().encodeToString((id + ":" + secret).getBytes(StandardCharsets.UTF_8)));
        return Reply.ok(out);
    }

    private static Reply invalidate(State state, Call c) {
        Set<String> ids = Set.copyOf(Role.words(c.body().get("ids")));
        List<Object> now = new ArrayList<>(), before = new ArrayList<>();
        state.change("api_keys", all -> {
            all.forEach((id, o) -> {
                @SuppressWarnings("unchecked")
                Map<String, Object> k = (Map<String, Object>) o;
                if (ids.contains(id)) (k.put("invalidated", true).equals(true) ? before : now).add(id);
            });
            return null;
        });
        return new Reply(RestStatus.OK, Map.of("invalidated_api_keys", now, "previously_invalidated_api_keys", before, "error_count", 0));
    }
}
