package standin.inference;

import org.elasticsearch.common.util.concurrent.EsRejectedExecutionException;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.threadpool.ThreadPool;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Stand-in for x-pack-inference's request executor: the requests of one model, key and url leave in the order of their arrival, evenly spread,
 * so many a minute. The real one looks into its queue every 50 ms, this one at once.
 */
final class RateLimitedQueue {
    interface Request {
        /** Whether nobody waits for it any more; it takes nothing of what may leave then. */
        boolean isOver();

        void leave();

        void refuse(Exception why);
    }

    private final ThreadPool threads;
    private final Queue<Request> waiting = new ArrayDeque<>();
    private long nextAt = System.nanoTime();
    private boolean scheduled;

    RateLimitedQueue(ThreadPool threads) {
        this.threads = threads;
    }

    void add(Request request, String inferenceId, int perMinute, int capacity) {
        boolean full;
        synchronized (this) {
            full = capacity > 0 && waiting.size() >= capacity;
            if (full == false) waiting.add(request);
        }
        if (full) {
            request.refuse(new EsRejectedExecutionException("Failed to execute task for inference id [" + inferenceId
                + "] because the request service [" + hashCode() + "] queue is full", false));
            return;
        }
        serve(60_000_000_000L / perMinute);
    }

    private void serve(long nanosApart) {
        for (Request next = next(nanosApart); next != null; next = next(nanosApart)) next.leave();
    }

    private synchronized Request next(long nanosApart) {
        while (waiting.isEmpty() == false && waiting.peek().isOver()) waiting.remove();
        if (waiting.isEmpty() || scheduled) return null;
        long now = System.nanoTime();
        if (now < nextAt) {
            scheduled = true;
            threads.schedule(() -> {
                synchronized (this) {
                    scheduled = false;
                }
                serve(nanosApart);
            }, TimeValue.timeValueNanos(nextAt - now), threads.generic());
            return null;
        }
        // What was not used while nothing waited does not add up.
        nextAt = Math.max(now - nanosApart, nextAt) + nanosApart;
        return waiting.remove();
    }
}
