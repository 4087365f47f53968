package standin.security;

import org.elasticsearch.ElasticsearchSecurityException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestInterceptor;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestStatus;
import standin.common.State;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Stand-in for x-pack-security's authentication on REST: the user `elastic`, API keys, and the users that the reset-password tool makes for
 * as long as it runs; no roles, realms or TLS. What a caller may do is Authorization's.
 * The password given at the first start of a data path is the one that counts from then on, as with the official image.
 */
public final class Security implements RestInterceptor {
    private static final List<String> CHALLENGES = List.of("Basic realm=\"security\" charset=\"UTF-8\"", "Bearer realm=\"security\"", "ApiKey");
    private static final SecureRandom RANDOM = new SecureRandom();
    private final boolean enabled;
    private final State state;
    private final Path users;
    private final ThreadContext context;

    public Security(State state, Boolean enabled, String password, Path config, ThreadContext context) {
        this.state = state;
        this.users = config.resolve("users");
        this.context = context;
        boolean known = state.read("security").containsKey("elastic");
        this.enabled = enabled == null ? password.isEmpty() == false || known : enabled;
        if (this.enabled && known == false) {
            if (password.isEmpty()) throw new IllegalArgumentException("xpack.security.enabled is true: give ELASTIC_PASSWORD (standin.elastic_password)");
            setPassword(password);
        }
    }

    public boolean enabled() {
        return enabled;
    }

    void setPassword(String password) {
        String salt = random(12);
        state.change("security", m -> m.put("elastic", salt + ":" + hash(salt, password)));
    }

    @Override
    public void intercept(RestRequest request, RestChannel channel, RestHandler handler, ActionListener<Boolean> listener) {
        if (enabled == false || request.method() == RestRequest.Method.OPTIONS) {
            listener.onResponse(true);
            return;
        }
        String header = request.header("Authorization"), path = request.path();
        try {
            if (header == null) throw denied("missing authentication credentials for REST request [" + path + "]");
            String user = header.regionMatches(true, 0, "Basic ", 0, 6) ? decode(header.substring(6)) : null;
            String key = header.regionMatches(true, 0, "ApiKey ", 0, 7) ? decode(header.substring(7)) : null;
            if (user != null && basic(user)) {
                new Caller(user.split(":", 2)[0], null, null).remember(context);
                listener.onResponse(true);
            } else if (key != null && apiKey(key)) {
                String id = key.split(":", 2)[0];
                new Caller("elastic", id, role(id)).remember(context);
                listener.onResponse(true);
            } else if (user != null) {
                throw denied("unable to authenticate user [" + user.split(":", 2)[0] + "] for REST request [" + path + "]");
            } else if (key != null) {
                throw denied("unable to authenticate with provided credentials and anonymous access is not allowed for this request");
            } else {
                throw denied("missing authentication credentials for REST request [" + path + "]");
            }
        } catch (ElasticsearchSecurityException e) {
            listener.onFailure(e);
        }
    }

    private boolean basic(String userAndPassword) {
        String[] up = userAndPassword.split(":", 2);
        if (up.length < 2) return false;
        String kept = up[0].equals("elastic") ? (String) state.read("security").get("elastic") : ofTheTool(up[0]);
        if (kept == null) return false;
        String[] stored = kept.split(":", 2);
        return same(stored[1], hash(stored[0], up[1]));
    }

    /** What the file `users` of the configuration says of a user, "salt:hash"; bin/elasticsearch-reset-password writes it. */
    private String ofTheTool(String user) {
        if (Files.exists(users) == false) return null;
        try {
            return Files.readAllLines(users).stream().filter(line -> line.startsWith(user + ":")).map(line -> line.substring(user.length() + 1)).findFirst().orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a key may do; null when it was made without role descriptors and has its owner's rights. */
    private Role role(String id) {
        Object descriptors = ((Map<?, ?>) state.read("api_keys").get(id)).get("role_descriptors");
        return descriptors instanceof Map<?, ?> m && m.isEmpty() == false ? Role.of(m) : null;
    }

    private boolean apiKey(String idAndSecret) {
        String[] is = idAndSecret.split(":", 2);
        return is.length == 2 && state.read("api_keys").get(is[0]) instanceof Map<?, ?> k && k.get("invalidated").equals(false)
            && same(k.get("hash").toString(), hash(is[0], is[1]));
    }

    private static ElasticsearchSecurityException denied(String why) {
        ElasticsearchSecurityException e = new ElasticsearchSecurityException(why, RestStatus.UNAUTHORIZED);
        e.addBodyHeader("WWW-Authenticate", CHALLENGES);
        e.addHttpHeader("WWW-Authenticate", CHALLENGES);
        return e;
    }

    private static String decode(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64.trim()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    static String hash(String salt, String secret) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest((salt + ":" + secret).getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    static String random(int bytes) {
        byte[] b = new byte[bytes];
        RANDOM.nextBytes(b);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(b);
    }
}
