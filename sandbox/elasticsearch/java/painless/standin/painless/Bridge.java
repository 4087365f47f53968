package standin.painless;

import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.painless.PainlessScriptEngine;
import org.elasticsearch.painless.spi.Whitelist;
import org.elasticsearch.painless.spi.WhitelistLoader;
import org.elasticsearch.script.IngestConditionalScript;
import org.elasticsearch.script.IngestScript;
import org.elasticsearch.script.ScriptContext;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Compiles a script with the REAL Painless 7.10.2 (the last Apache-2.0 one, the only compiler on Maven Central).
 * Only JDK types cross this class, so it can live in a class loader of its own beside a newer server.
 * apply("run"|"test", source) gives (params, ctx) -> null or a Boolean.
 */
public final class Bridge implements BiFunction<String, String, BiFunction<Map<String, Object>, Map<String, Object>, Object>> {
    private final PainlessScriptEngine engine;

    public Bridge() {
        List<Whitelist> ingest = new ArrayList<>(Whitelist.BASE_WHITELISTS);
        ingest.add(WhitelistLoader.loadFromResourceFiles(Whitelist.class, "org.elasticsearch.ingest.txt"));
        Map<ScriptContext<?>, List<Whitelist>> contexts = Map.of(IngestScript.CONTEXT, ingest, IngestConditionalScript.CONTEXT, ingest);
        engine = new PainlessScriptEngine(Settings.EMPTY, contexts);
    }

    @Override
    public BiFunction<Map<String, Object>, Map<String, Object>, Object> apply(String kind, String source) {
        if (kind.equals("test")) {
            IngestConditionalScript.Factory f = engine.compile(null, source, IngestConditionalScript.CONTEXT, Map.of());
            return (params, ctx) -> f.newInstance(params).execute(ctx);
        }
        IngestScript.Factory f = engine.compile(null, source, IngestScript.CONTEXT, Map.of());
        return (params, ctx) -> {
            f.newInstance(params).execute(ctx);
            return null;
        };
    }
}
