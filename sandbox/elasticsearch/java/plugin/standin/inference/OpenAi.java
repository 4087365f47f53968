package standin.inference;

import org.elasticsearch.ElasticsearchException;
import org.elasticsearch.ElasticsearchStatusException;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.xcontent.XContentHelper;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.json.JsonXContent;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Stand-in for what x-pack-inference's `openai` service sends, how it reads the answer, and what it makes of a failure. */
final class OpenAi {
    private static final String FAILED = "Failed to send OpenAI embeddings request";
    private static final String TOO_LARGE = "Please reduce your prompt; or completion length.";

    /** A failure after which the request is sent again: as it was, or with the second half of each text cut off. */
    static final class PassingException extends Exception {
        final boolean cut;

        PassingException(Exception cause, boolean cut) {
            super(cause);
            this.cut = cut;
        }
    }

    private OpenAi() {}

    static HttpRequest request(Endpoint e, List<String> input) throws IOException {
        return HttpRequest.newBuilder(URI.create(e.url())).header("Content-Type", "application/json").header("Authorization", "Bearer " + e.apiKey())
            .POST(HttpRequest.BodyPublishers.ofString(body(e, input))).build();
    }

    private static String body(Endpoint e, List<String> input) throws IOException {
        try (XContentBuilder b = XContentFactory.jsonBuilder()) {
            b.startObject().field("input", input).field("model", e.service().get("model_id"));
            if (e.dimensionsSet()) b.field("dimensions", e.service().get("dimensions"));
            return Strings.toString(b.field("encoding_format", "base64").endObject());
        }
    }

    /** Returns the vectors of an answer; `error` is what happened instead of one. */
    static List<float[]> vectors(Endpoint e, HttpResponse<String> response, Throwable error) throws Exception {
        if (response == null) throw unreachable(e, error.getCause() == null ? error : error.getCause());
        if (response.statusCode() < 200 || response.statusCode() >= 300) throw refused(e, response.statusCode(), response.body());
        try {
            List<float[]> vectors = new ArrayList<>();
            for (Object item : (List<?>) json(response.body()).get("data")) vectors.add(vector(((Map<?, ?>) item).get("embedding")));
            return vectors;
        } catch (RuntimeException x) {
            throw new PassingException(new IllegalArgumentException("not an OpenAI embeddings response: " + x.getMessage(), x), false);
        }
    }

    /** Base64 of little-endian floats, which is asked for, or numbers, from those who don't know it. */
    private static float[] vector(Object embedding) {
        if (embedding instanceof List<?> numbers) {
            float[] vector = new float[numbers.size()];
            for (int i = 0; i < vector.length; i++) vector[i] = ((Number) numbers.get(i)).floatValue();
            return vector;
        }
        byte[] raw = Base64.getDecoder().decode((String) embedding);
        if (raw.length % Float.BYTES != 0) throw new IllegalArgumentException("base64-decoded length [" + raw.length + "] is not a multiple of 4");
        float[] vector = new float[raw.length / Float.BYTES];
        ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
        return vector;
    }

    /** What a caller is told of a failure that no further attempt mends. */
    static Exception told(Exception failure) {
        Throwable cause = failure instanceof PassingException ? failure.getCause() : failure;
        if (cause instanceof ElasticsearchException known) return known;
        return new ElasticsearchStatusException("{}. Cause: {}", RestStatus.INTERNAL_SERVER_ERROR, cause, FAILED, cause.getMessage());
    }

    private static Exception unreachable(Endpoint e, Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof UnresolvedAddressException) {
                return new ElasticsearchStatusException("Invalid host [{}], please check that the URL is correct.", RestStatus.BAD_REQUEST, cause, e.url());
            }
        }
        return cause instanceof IOException io ? new PassingException(io, false) : new IOException(cause);
    }

    /** 429, 500, 503 and what is too large are tried again; a status of the model's that is 500 or more becomes a 400. */
    private static Exception refused(Endpoint e, int status, String body) {
        String told = message(body);
        boolean tooLarge = status == 413 || status == 400 && told != null && told.contains(TOO_LARGE);
        String what = tooLarge ? "Received a content too large status code" : switch (status) {
            case 400 -> "Received a bad request status code";
            case 401 -> "Received an authentication error status code";
            case 404 -> "Resource not found at [" + e.url() + "]";
            case 422 -> "Received an input validation error response";
            case 429 -> "Received a rate limit status code. Token limit [unknown], remaining tokens [unknown]. "
                + "Request limit [unknown], remaining requests [unknown]";
            case 503 -> "Received a server busy error status code";
            default -> status >= 500 ? "Received a server error status code"
                : status < 400 ? "Unhandled redirection" : "Received an unsuccessful status code";
        };
        RestStatus known = status < 500 ? RestStatus.fromCode(status) : null;
        ElasticsearchStatusException failure = new ElasticsearchStatusException("{} for request from inference entity id [{}] status [{}]{}",
            known == null ? RestStatus.BAD_REQUEST : known, what, e.id(), status, told == null || told.isEmpty() ? "" : ". Error message: [" + told + "]");
        return tooLarge || status == 429 || status == 500 || status == 503 ? new PassingException(failure, tooLarge) : failure;
    }

    private static String message(String body) {
        try {
            return json(body).get("error") instanceof Map<?, ?> error ? (String) error.get("message") : null;
        } catch (RuntimeException x) {
            return null;
        }
    }

    private static Map<String, Object> json(String body) {
        return XContentHelper.convertToMap(JsonXContent.jsonXContent, body, false);
    }
}
