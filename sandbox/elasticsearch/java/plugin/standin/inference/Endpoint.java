package standin.inference;

import org.elasticsearch.ElasticsearchStatusException;
import org.elasticsearch.common.ValidationException;
import org.elasticsearch.rest.RestStatus;
import standin.common.State;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Stand-in for x-pack-inference's model of one `openai` text_embedding endpoint: what may be set, defaults, what GET shows.
 * service_settings hold only what GET shows; the API key is kept apart and never shown. Task and chunking settings are refused.
 */
public record Endpoint(String id, Map<String, Object> service, String apiKey, boolean dimensionsSet) {
    static final String DEFAULT_URL = "https://api.openai.com/v1/embeddings";
    private static final List<String> SHOWN = List.of("model_id", "url", "similarity", "dimensions", "rate_limit");
    /** Nothing is ever chunked: only semantic_text would be. */
    private static final Map<String, Object> DEFAULT_CHUNKING = new TreeMap<>(Map.of("strategy", "sentence", "max_chunk_size", 250, "sentence_overlap", 1));
    private static final Set<String> UPDATABLE = Set.of("api_key", "rate_limit");

    /** Reads a PUT body, reporting every bad setting at once. */
    static Endpoint parse(String id, Map<String, Object> body) {
        Map<String, Object> in = map(body.remove("service_settings"));
        body.remove("service");
        refuseUnknown(body);
        ValidationException errors = new ValidationException();
        String model = text(in, "model_id", errors), url = text(in, "url", errors), key = text(in, "api_key", errors);
        Map<String, Object> out = new LinkedHashMap<>();
        if (model == null) errors.addValidationError("[service_settings] does not contain the required setting [model_id]");
        if (key == null) errors.addValidationError("[secret_settings] does not contain the required setting [api_key]");
        put(out, "model_id", model);
        if (url != null) checkUrl(url, errors);
        put(out, "url", url);
        String similarity = text(in, "similarity", errors);
        if (similarity != null && Set.of("cosine", "dot_product", "l2_norm").contains(similarity) == false) {
            errors.addValidationError("[service_settings] Invalid value [" + similarity + "] received. [similarity] must be one of [cosine, dot_product, l2_norm]");
        }
        put(out, "similarity", similarity);
        Integer dims = positive(in, "dimensions", errors);
        put(out, "dimensions", dims);
        out.put("rate_limit", rateLimit(in, errors, 3000));
        refuseUnknown(in);
        errors.throwIfValidationErrorsExist();
        return new Endpoint(id, out, key, dims != null);
    }

    /** Reads an _update body (of what 9.5 lets change, rate_limit and api_key only). */
    Endpoint update(Map<String, Object> body) {
        Map<String, Object> in = map(body.remove("service_settings"));
        refuseUnknown(body);
        Map<String, Object> unknown = new LinkedHashMap<>(in);
        unknown.keySet().removeAll(UPDATABLE);
        refuseUnknown(unknown);
        ValidationException errors = new ValidationException();
        Map<String, Object> out = new LinkedHashMap<>(service);
        String key = text(in, "api_key", errors);
        if (in.containsKey("rate_limit")) out.put("rate_limit", rateLimit(in, errors, requestsPerMinute()));
        errors.throwIfValidationErrorsExist();
        return new Endpoint(id, out, key == null ? apiKey : key, dimensionsSet);
    }

    /** What validation against the live service adds: the observed size and the default similarity. */
    Endpoint observed(int size) {
        Map<String, Object> out = new LinkedHashMap<>(service);
        out.putIfAbsent("similarity", "dot_product");
        out.putIfAbsent("dimensions", size);
        return new Endpoint(id, out, apiKey, dimensionsSet);
    }

    Map<String, Object> shown() {
        Map<String, Object> settings = new LinkedHashMap<>(), m = new LinkedHashMap<>();
        for (String k : SHOWN) put(settings, k, service.get(k));
        m.put("inference_id", id);
        m.put("task_type", "text_embedding");
        m.put("service", "openai");
        m.put("service_settings", settings);
        m.put("chunking_settings", DEFAULT_CHUNKING);
        return m;
    }

    Map<String, Object> stored() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("service_settings", service);
        m.put("api_key", apiKey);
        m.put("dimensions_set_by_user", dimensionsSet);
        return m;
    }

    static Endpoint load(String id, Map<String, Object> m) {
        return new Endpoint(id, map(m.get("service_settings")), (String) m.get("api_key"), (Boolean) m.get("dimensions_set_by_user"));
    }

    String url() {
        return (String) service.getOrDefault("url", DEFAULT_URL);
    }

    int requestsPerMinute() {
        return ((Number) map(service.get("rate_limit")).get("requests_per_minute")).intValue();
    }

    // ---- reading helpers: each takes what it knows out of the map, so that the rest is unknown ----
    static void refuseUnknown(Map<String, Object> rest) {
        if (rest.isEmpty() == false) {
            throw new ElasticsearchStatusException("Configuration contains settings [{}] unknown to the [openai] service", RestStatus.BAD_REQUEST, rest);
        }
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object o) {
        if (o != null && o instanceof Map == false) {
            throw new ElasticsearchStatusException("Expected an object but got [{}]", RestStatus.BAD_REQUEST, o);
        }
        return o == null ? new LinkedHashMap<>() : (Map<String, Object>) State.deepCopy(o);
    }

    private static String text(Map<String, Object> in, String key, ValidationException errors) {
        Object v = in.remove(key);
        if (v == null || v instanceof String s && s.isEmpty() == false) return (String) v;
        errors.addValidationError(v instanceof String ? "[service_settings] Invalid value empty string. [" + key + "] must be a non-empty string"
            : "field [" + key + "] is not of the expected type. The value [" + v + "] cannot be converted to a [String]");
        return null;
    }

    static Integer positive(Map<String, Object> in, String key, ValidationException errors) {
        Object v = in.remove(key);
        if (v == null) return null;
        if (v instanceof Integer i && i > 0) return i;
        errors.addValidationError(v instanceof Integer ? "[service_settings] Invalid value [" + v + "]. [" + key + "] must be a positive integer"
            : "field [" + key + "] is not of the expected type. The value [" + v + "] cannot be converted to a [Integer]");
        return null;
    }

    private static Map<String, Object> rateLimit(Map<String, Object> in, ValidationException errors, int otherwise) {
        Map<String, Object> limit = map(in.remove("rate_limit"));
        Integer n = positive(limit, "requests_per_minute", errors);
        refuseUnknown(limit);
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("requests_per_minute", n == null ? otherwise : n);
        return out;
    }

    private static void checkUrl(String url, ValidationException errors) {
        try {
            if (URI.create(url).getHost() == null) throw new IllegalArgumentException("no host");
        } catch (IllegalArgumentException e) {
            errors.addValidationError("[service_settings] Invalid url [" + url + "] received for field [url]. Error: " + e.getMessage());
        }
    }

    private static void put(Map<String, Object> m, String key, Object value) {
        if (value != null) m.put(key, value);
    }
}
