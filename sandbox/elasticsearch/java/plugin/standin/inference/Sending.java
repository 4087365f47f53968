package standin.inference;

import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Setting.Property;
import org.elasticsearch.core.TimeValue;

import java.util.List;

/** The settings of x-pack-inference that say how an endpoint's requests are sent, with its names and defaults. */
public final class Sending {
    static final Setting<TimeValue> QUERY_TIMEOUT = Setting.timeSetting("xpack.inference.query_timeout", TimeValue.timeValueSeconds(10),
        TimeValue.timeValueMillis(1), Property.NodeScope, Property.Dynamic);
    static final Setting<Integer> CONNECTIONS = number("max_total_connections", 50, 1);
    static final Setting<Integer> CONNECTIONS_PER_HOST = number("max_route_connections", 20, 1);
    /** Of one endpoint; 0 is no limit. */
    static final Setting<Integer> QUEUE = number("request_executor.queue_capacity", 2000, 0);
    static final Setting<TimeValue> RETRY_FIRST_DELAY = time("retry.initial_delay", 1);
    static final Setting<TimeValue> RETRY_LONGEST_DELAY = time("retry.max_delay_bound", 5);
    static final Setting<TimeValue> RETRY_FOR = time("retry.timeout", 30);
    public static final List<Setting<?>> ALL = List.of(QUERY_TIMEOUT, CONNECTIONS, CONNECTIONS_PER_HOST, QUEUE, RETRY_FIRST_DELAY,
        RETRY_LONGEST_DELAY, RETRY_FOR);

    private Sending() {}

    private static Setting<Integer> number(String name, int otherwise, int least) {
        return Setting.intSetting("xpack.inference.http." + name, otherwise, least, Property.NodeScope, Property.Dynamic);
    }

    private static Setting<TimeValue> time(String name, int seconds) {
        return Setting.timeSetting("xpack.inference.http." + name, TimeValue.timeValueSeconds(seconds), Property.NodeScope, Property.Dynamic);
    }
}
