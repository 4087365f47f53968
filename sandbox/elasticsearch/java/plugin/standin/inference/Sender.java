package standin.inference;

import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.elasticsearch.ElasticsearchTimeoutException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.ContextPreservingActionListener;
import org.elasticsearch.action.support.ListenerTimeouts;
import org.elasticsearch.action.support.RetryableAction;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.threadpool.ThreadPool;
import standin.inference.OpenAi.PassingException;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stand-in for x-pack-inference's sender: queue, connections and attempts. A request that is timed out is no longer repeated, but one that was
 * sent keeps its connection until the model answers: there is no time-out on a socket.
 */
final class Sender {
    private static final Logger LOG = LogManager.getLogger(Sender.class);
    private static final int ATTEMPTS = 3;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
    private final ThreadPool threads;
    private final ClusterSettings settings;
    private final Connections connections;
    private final Map<List<Object>, RateLimitedQueue> queues = new ConcurrentHashMap<>();

    Sender(ThreadPool threads, ClusterSettings settings) {
        this.threads = threads;
        this.settings = settings;
        this.connections = new Connections(() -> settings.get(Sending.CONNECTIONS_PER_HOST), () -> settings.get(Sending.CONNECTIONS));
    }

    /** One request to the endpoint's real url, never a canned answer; a `timeout` of null waits without end. */
    void embed(Endpoint e, List<String> input, TimeValue timeout, ActionListener<List<float[]>> listener) {
        List<Object> limited = List.of(e.service().get("model_id"), e.apiKey(), e.url());
        queues.computeIfAbsent(limited, key -> new RateLimitedQueue(threads))
            .add(new Task(e, input, timeout, listener), e.id(), e.requestsPerMinute(), settings.get(Sending.QUEUE));
    }

    private final class Task implements RateLimitedQueue.Request {
        private final Endpoint endpoint;
        private final List<String> input;
        private final ActionListener<List<float[]>> listener;
        private final AtomicBoolean over = new AtomicBoolean();

        Task(Endpoint endpoint, List<String> input, TimeValue timeout, ActionListener<List<float[]>> listener) {
            this.endpoint = endpoint;
            this.input = input;
            // The answer comes on another thread: what the caller's carries, the header X-Elastic-Product among it, goes with it.
            ActionListener<List<float[]>> once = ActionListener.notifyOnce(ActionListener.runBefore(
                ContextPreservingActionListener.wrapPreservingContext(listener, threads.getThreadContext()), () -> over.set(true)));
            this.listener = timeout == null ? once : ListenerTimeouts.wrapWithTimeout(threads, timeout, threads.generic(), once, timedOut -> once.onFailure(
                new ElasticsearchTimeoutException("Request timed out after [{}] for inference id [{}]", timeout, endpoint.id())));
        }

        @Override
        public boolean isOver() {
            return over.get();
        }

        @Override
        public void leave() {
            new Attempts(this).run();
        }

        @Override
        public void refuse(Exception why) {
            listener.onFailure(why);
        }
    }

    private final class Attempts extends RetryableAction<List<float[]>> {
        private final Task task;
        private List<String> input;
        private int made;

        Attempts(Task task) {
            super(LOG, threads, settings.get(Sending.RETRY_FIRST_DELAY), settings.get(Sending.RETRY_LONGEST_DELAY), settings.get(Sending.RETRY_FOR),
                task.listener.delegateResponse((l, x) -> l.onFailure(OpenAi.told(x))), threads.generic());
            this.task = task;
            this.input = task.input;
        }

        @Override
        public void tryAction(ActionListener<List<float[]>> attempt) {
            made++;
            if (task.isOver()) return;
            ActionListener.run(attempt, l -> {
                HttpRequest request = OpenAi.request(task.endpoint, input);
                connections.lease(host(request.uri()), connection -> http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                    .whenComplete((response, error) -> {
                        connection.close();
                        threads.generic().execute(() -> ActionListener.completeWith(l, () -> OpenAi.vectors(task.endpoint, response, error)));
                    }));
            });
        }

        @Override
        public boolean shouldRetry(Exception failure) {
            if (made >= ATTEMPTS || failure instanceof PassingException == false) return false;
            if (((PassingException) failure).cut) input = input.stream().map(text -> text.substring(0, text.length() / 2)).toList();
            return true;
        }
    }

    private static String host(URI uri) {
        return uri.getScheme() + "://" + uri.getAuthority();
    }
}
