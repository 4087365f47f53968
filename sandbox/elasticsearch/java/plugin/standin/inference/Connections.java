package standin.inference;

import org.elasticsearch.core.Releasable;
import org.elasticsearch.core.Releasables;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/** Stand-in for x-pack-inference's connection pool: so many to one host, so many in all; who finds none waits, first come, first served. */
final class Connections {
    private record Waiting(String host, Consumer<Releasable> use) {}

    private final IntSupplier perHost;
    private final IntSupplier inAll;
    private final Map<String, Integer> leased = new HashMap<>();
    private final List<Waiting> waiting = new LinkedList<>();

    Connections(IntSupplier perHost, IntSupplier inAll) {
        this.perHost = perHost;
        this.inAll = inAll;
    }

    /** Calls `use` once a connection to `host` is free; it closes what it is given when it no longer needs it. */
    void lease(String host, Consumer<Releasable> use) {
        synchronized (this) {
            waiting.add(new Waiting(host, use));
        }
        serve();
    }

    private void serve() {
        for (Waiting next : free()) {
            next.use().accept(Releasables.releaseOnce(() -> {
                synchronized (this) {
                    leased.merge(next.host(), -1, Integer::sum);
                }
                serve();
            }));
        }
    }

    private synchronized List<Waiting> free() {
        List<Waiting> served = new ArrayList<>();
        int all = leased.values().stream().mapToInt(Integer::intValue).sum();
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext() && all < inAll.getAsInt();) {
            Waiting next = each.next();
            if (leased.getOrDefault(next.host(), 0) >= perHost.getAsInt()) continue;
            leased.merge(next.host(), 1, Integer::sum);
            all++;
            served.add(next);
            each.remove();
        }
        return served;
    }
}
