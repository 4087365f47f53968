package standin.launcher;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;

/**
 * Stand-in for bin/elasticsearch: one real Elasticsearch node, with the modules of $es.path.home/modules.
 * Settings come from the environment, as the official image takes them: `lower.case=value` or `ES_SETTING_UPPER_CASE=value`.
 * Bootstrap checks and the entitlement agent of the distribution are not run.
 */
public final class EsNode {
    private static final Pattern SETTING = Pattern.compile("[-a-z0-9_]+(\\.[-a-z0-9_]+)+");
    private static final String PREFIX = "ES_SETTING_";

    private EsNode() {}

    public static void main(String[] args) throws Exception {
        long start = System.currentTimeMillis();
        LogConfigurator.configureESLogging();
        Path home = Path.of(System.getProperty("es.path.home")).toAbsolutePath();
        Settings settings = settings(home, System.getenv());
        if (settings.get("discovery.type").equals("single-node") == false) {
            System.err.println("This stand-in for Elasticsearch runs single nodes only: set discovery.type=single-node.");
            System.exit(78);
        }
        Environment env = new Environment(settings, home.resolve("config"));
        PluginsLoader loader = PluginsLoader.createPluginsLoader(PluginsLoader.loadModulesBundles(env.modulesDir(), false),
            PluginsLoader.loadPluginsBundles(env.pluginsDir(), false), Map.of());
        Node node = new Node(env, loader);
        CountDownLatch stop = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception e) {
                e.printStackTrace();
            } finally {
                stop.countDown();
            }
        }));
        node.start();
        System.out.println("This is a stand-in for the official image; ready after " + (System.currentTimeMillis() - start) + " ms");
        stop.await();
    }

    private static Settings settings(Path home, Map<String, String> environment) {
        Settings.Builder s = Settings.builder().put("path.home", home.toString()).put("cluster.name", "docker-cluster")
            .put("node.name", environment.getOrDefault("HOSTNAME", "stand-in")).put("network.host", "0.0.0.0").put("http.port", "9200")
            .put("transport.port", "9300").put("discovery.type", "multi-node");
        environment.forEach((name, value) -> {
            if (SETTING.matcher(name).matches()) s.put(name, value);
            if (name.startsWith(PREFIX)) s.put(dotted(name), value);
        });
        String password = environment.get("ELASTIC_PASSWORD");
        if (password != null && password.isEmpty() == false) s.put("standin.elastic_password", password);
        return s.build();
    }

    /** ES_SETTING_XPACK_SECURITY_HTTP__TYPE is xpack.security.http_type. */
    private static String dotted(String name) {
        return name.substring(PREFIX.length()).replace("__", "\0").replace('_', '.').replace('\0', '_').toLowerCase(Locale.ROOT);
    }
}
