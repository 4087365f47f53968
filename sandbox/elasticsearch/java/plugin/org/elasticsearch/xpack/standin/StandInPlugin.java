package org.elasticsearch.xpack.standin;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.elasticsearch.action.support.ActionFilter;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Setting.Property;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.util.concurrent.ThreadContext;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.AnalyzerScope;
import org.elasticsearch.index.analysis.PreBuiltAnalyzerProvider;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.ingest.Processor;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.IngestPlugin;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.ScriptPlugin;
import org.elasticsearch.plugins.SearchPlugin;
import org.elasticsearch.plugins.interceptor.RestServerActionPlugin;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestInterceptor;
import org.elasticsearch.script.ScriptContext;
import org.elasticsearch.script.ScriptEngine;
import standin.common.RootApi;
import standin.common.State;
import standin.inference.Inference;
import standin.inference.InferenceApi;
import standin.inference.SemanticTextField;
import standin.inference.Sending;
import standin.ingest.CommonProcessors;
import standin.license.License;
import standin.reindex.ByQueryApi;
import standin.script.PainlessEngine;
import standin.search.TextEmbedding;
import standin.security.Authorization;
import standin.security.Security;
import standin.security.SecurityApi;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The stand-ins for modules that Elastic does not publish on Maven, hung on the server's real extension points.
 * Our own code; the package name is the server's condition for a REST interceptor (only org.elasticsearch.xpack.* may have one).
 */
public class StandInPlugin extends Plugin implements RestServerActionPlugin, IngestPlugin, SearchPlugin, ScriptPlugin, AnalysisPlugin, MapperPlugin {
    static final Setting<String> PASSWORD = Setting.simpleString("standin.elastic_password", Property.NodeScope, Property.Filtered);
    static final Setting<String> LICENSE = new Setting<>("xpack.license.self_generated.type", "basic", v -> {
        if (v.equals("basic") || v.equals("trial")) return v;
        throw new IllegalArgumentException("Illegal self generated license type [" + v + "]. Must be trial or basic.");
    }, Property.NodeScope);
    static final Setting<Boolean> SECURITY = Setting.boolSetting("xpack.security.enabled", true, Property.NodeScope);

    private final Settings settings;
    private volatile ClusterService cluster;
    private volatile State state;
    private volatile License license;
    private volatile Security security;
    private volatile Authorization filter;
    private volatile Inference inference;

    public StandInPlugin(Settings settings) {
        this.settings = settings;
    }

    @Override
    public List<Setting<?>> getSettings() {
        List<Setting<?>> all = new ArrayList<>(List.of(PASSWORD, LICENSE, SECURITY));
        all.addAll(Sending.ALL);
        for (String ignored : List.of("xpack.security.http.ssl.enabled", "xpack.security.transport.ssl.enabled", "xpack.security.enrollment.enabled",
            "xpack.ml.enabled", "xpack.ml.use_auto_machine_memory_percent", "xpack.monitoring.collection.enabled", "ingest.geoip.downloader.enabled")) {
            all.add(Setting.boolSetting(ignored, false, Property.NodeScope)); // known to the official image, without effect here
        }
        return all;
    }

    @Override
    public Collection<?> createComponents(PluginServices s) {
        cluster = s.clusterService();
        state = new State(s.environment().dataDirs()[0]);
        license = new License(state, LICENSE.get(settings), cluster.getClusterName().value());
        inference = new Inference(state, license, cluster, s.threadPool());
        security = new Security(state, SECURITY.exists(settings) ? SECURITY.get(settings) : null, PASSWORD.get(settings), s.environment().configDir(),
            s.threadPool().getThreadContext());
        filter = new Authorization(s.threadPool().getThreadContext(), cluster, () -> license);
        return List.of();
    }

    @Override
    public Collection<RestHandler> getRestHandlers(RestHandlersServices s, Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> f) {
        return Stream.of(List.<RestHandler>of(new RootApi(() -> cluster)), new InferenceApi(() -> inference).handlers(), License.handlers(() -> license),
            security.enabled() ? SecurityApi.handlers(() -> state, () -> security) : List.<RestHandler>of(), ByQueryApi.handlers()).flatMap(List::stream).toList();
    }

    @Override
    public Collection<ActionHandler> getActions() {
        return ByQueryApi.actions();
    }

    @Override
    public Collection<ActionFilter> getActionFilters() {
        return security.enabled() ? List.of(filter) : List.of();
    }

    @Override
    public RestInterceptor getRestHandlerInterceptor(ThreadContext threadContext) {
        return (request, channel, handler, listener) -> security.intercept(request, channel, handler, listener);
    }

    @Override
    public Map<String, Processor.Factory> getProcessors(Processor.Parameters p) {
        return CommonProcessors.all(p, () -> inference);
    }

    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of(SemanticTextField.TYPE, SemanticTextField.PARSER);
    }

    @Override
    public ScriptEngine getScriptEngine(Settings s, Collection<ScriptContext<?>> contexts) {
        return new PainlessEngine(Path.of(s.get("path.home")).resolve("modules/stand-in/painless"));
    }

    @Override
    public List<QueryVectorBuilderSpec<?>> getQueryVectorBuilders() {
        return List.of(TextEmbedding.spec(() -> inference));
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        return Map.of("english", (index, env, name, s) -> new PreBuiltAnalyzerProvider(name, AnalyzerScope.INDICES, new EnglishAnalyzer()));
    }
}
