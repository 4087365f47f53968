package standin.launcher;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Stand-in for bin/elasticsearch: one real Elasticsearch node, with the modules of $es.path.home/modules.
 * Arguments are settings, key=value; ELASTIC_PASSWORD comes from the environment so that it never shows in a process list.
 * Bootstrap checks and the entitlement agent of the distribution are not run.
 */
public final class EsNode {
    private EsNode() {}

    public static void main(String[] args) throws Exception {
        long start = System.currentTimeMillis();
        LogConfigurator.configureESLogging();
        Path home = Path.of(System.getProperty("es.path.home")).toAbsolutePath();
        Settings.Builder s = Settings.builder().put("path.home", home.toString()).put("cluster.name", "docker-cluster")
            .put("node.name", "stand-in").put("network.host", "127.0.0.1").put("http.port", "9200").put("transport.port", "9300")
            .put("discovery.type", "single-node");
        for (String a : args) {
            int i = a.indexOf('=');
            s.put(a.substring(0, i), a.substring(i + 1));
        }
        String password = System.getenv("ELASTIC_PASSWORD");
        if (password != null && password.isEmpty() == false) s.put("standin.elastic_password", password);
        if (s.get("discovery.type").equals("single-node") == false) throw new IllegalArgumentException("only discovery.type=single-node works here");
        Path config = Path.of(System.getProperty("es.path.conf", home.resolve("config").toString()));
        Files.createDirectories(config);
        Environment env = new Environment(s.build(), config);
        Files.createDirectories(env.pluginsDir());
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
        System.out.println("READY after " + (System.currentTimeMillis() - start) + " ms");
        stop.await();
    }
}
