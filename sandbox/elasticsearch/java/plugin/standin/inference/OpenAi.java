package standin.inference;

import org.elasticsearch.ElasticsearchStatusException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.ContextPreservingActionListener;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.xcontent.XContentHelper;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.threadpool.ThreadPool;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.json.JsonXContent;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Stand-in for x-pack-inference's sender and OpenAI response handler: one POST to the endpoint's real url, never a canned answer.
 * 429, 5xx and refused connections are tried again until `retryFor` has passed (the real one: until the request's timeout).
 */
final class OpenAi {
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
    private final ThreadPool threads;
    private final TimeValue retryFor;

    OpenAi(ThreadPool threads, TimeValue retryFor) {
        this.threads = threads;
        this.retryFor = retryFor;
    }

    void embed(Endpoint e, List<String> input, TimeValue timeout, ActionListener<List<float[]>> listener) {
        HttpRequest.Builder r;
        try {
            r = HttpRequest.newBuilder(URI.create(e.url())).timeout(Duration.ofMillis(timeout.millis()))
                .header("Content-Type", "application/json").header("Authorization", "Bearer " + e.apiKey())
                .POST(HttpRequest.BodyPublishers.ofString(body(e, input)));
        } catch (Exception x) {
            listener.onFailure(x);
            return;
        }
        long giveUp = threads.relativeTimeInMillis() + Math.min(retryFor.millis(), timeout.millis());
        // The answer comes on another thread: what the caller's carries, the header X-Elastic-Product among it, goes with it.
        attempt(e, r.build(), giveUp, 100, ContextPreservingActionListener.wrapPreservingContext(listener, threads.getThreadContext()));
    }

    private void attempt(Endpoint e, HttpRequest request, long giveUp, long wait, ActionListener<List<float[]>> listener) {
        http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).whenComplete((response, error) -> threads.generic().execute(() -> {
            int status = response == null ? 0 : response.statusCode();
            boolean again = status == 0 || status == 429 || status >= 500;
            if (again && threads.relativeTimeInMillis() + wait < giveUp) {
                threads.schedule(() -> attempt(e, request, giveUp, wait * 2, listener), TimeValue.timeValueMillis(wait), threads.generic());
                return;
            }
            ActionListener.completeWith(listener, () -> {
                if (response == null) throw unreachable(e, error);
                if (status < 200 || status >= 300) throw refused(e, status, response.body());
                return vectors(e, response.body());
            });
        }));
    }

    private static String body(Endpoint e, List<String> input) throws IOException {
        try (XContentBuilder b = XContentFactory.jsonBuilder()) {
            b.startObject().field("input", input).field("model", e.service().get("model_id"));
            if (e.dimensionsSet()) b.field("dimensions", e.service().get("dimensions"));
            return Strings.toString(b.endObject());
        }
    }

    private static List<float[]> vectors(Endpoint e, String body) {
        try {
            List<float[]> out = new ArrayList<>();
            for (Object item : (List<?>) json(body).get("data")) {
                List<?> numbers = (List<?>) ((Map<?, ?>) item).get("embedding");
                float[] v = new float[numbers.size()];
                for (int i = 0; i < v.length; i++) v[i] = ((Number) numbers.get(i)).floatValue();
                out.add(v);
            }
            return out;
        } catch (RuntimeException x) {
            throw new ElasticsearchStatusException("Failed to parse the response of inference entity id [{}]: not an OpenAI embeddings response",
                RestStatus.INTERNAL_SERVER_ERROR, x, e.id());
        }
    }

    private static ElasticsearchStatusException unreachable(Endpoint e, Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        return new ElasticsearchStatusException("Failed to send request from inference entity id [{}] to [{}]", RestStatus.INTERNAL_SERVER_ERROR,
            cause, e.id(), e.url());
    }

    private static ElasticsearchStatusException refused(Endpoint e, int status, String body) {
        String what = switch (status) {
            case 401 -> "an authentication error";
            case 429 -> "a rate limit";
            default -> status >= 500 ? "a server error" : "an unsuccessful";
        };
        String message = message(body);
        RestStatus rest = RestStatus.fromCode(status);
        return new ElasticsearchStatusException("Received {} status code for request from inference entity id [{}] status [{}]{}",
            rest == null ? RestStatus.INTERNAL_SERVER_ERROR : rest, what, e.id(), status, message == null ? "" : ". Error message: [" + message + "]");
    }

    private static String message(String body) {
        try {
            Object error = json(body).get("error");
            return error instanceof Map<?, ?> m ? (String) m.get("message") : (String) error;
        } catch (RuntimeException x) {
            return null;
        }
    }

    private static Map<String, Object> json(String body) {
        return XContentHelper.convertToMap(JsonXContent.jsonXContent, body, false);
    }
}
