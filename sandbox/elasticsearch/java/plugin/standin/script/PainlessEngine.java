package standin.script;

import org.elasticsearch.script.IngestConditionalScript;
import org.elasticsearch.script.IngestScript;
import org.elasticsearch.script.ReindexScript;
import org.elasticsearch.script.ScriptContext;
import org.elasticsearch.script.ScriptEngine;
import org.elasticsearch.script.ScriptException;
import org.elasticsearch.script.UpdateScript;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Stand-in for lang-painless 9.5.3: the REAL Painless compiler and allow-list of 7.10.2 in a class loader of its own (see standin.painless.Bridge).
 * Only scripts that read and write `ctx` and `params` are served; what Painless learnt after 7.10 is refused, never run differently.
 */
public final class PainlessEngine implements ScriptEngine {
    private final Path jars;
    private BiFunction<String, String, BiFunction<Map<String, Object>, Map<String, Object>, Object>> compiler;

    public PainlessEngine(Path jars) {
        this.jars = jars;
    }

    @Override
    public String getType() {
        return "painless";
    }

    @Override
    public Set<ScriptContext<?>> getSupportedContexts() {
        return Set.of(IngestScript.CONTEXT, IngestConditionalScript.CONTEXT, UpdateScript.CONTEXT, ReindexScript.CONTEXT);
    }

    @Override
    public <F> F compile(String name, String source, ScriptContext<F> context, Map<String, String> options) {
        boolean test = context.equals(IngestConditionalScript.CONTEXT);
        BiFunction<Map<String, Object>, Map<String, Object>, Object> script = guarded(() -> compiler().apply(test ? "test" : "run", source));
        Object factory = switch (context.name) {
            case "processor_conditional" -> (IngestConditionalScript.Factory) (params, ctx) -> new IngestConditionalScript(params, ctx) {
                @Override
                public boolean execute() {
                    return (Boolean) guarded(() -> script.apply(params, ctx));
                }
            };
            case "ingest" -> (IngestScript.Factory) (params, ctx) -> new IngestScript(params, ctx) {
                @Override
                public void execute() {
                    guarded(() -> script.apply(params, ctx));
                }
            };
            case "update" -> (UpdateScript.Factory) (params, ctx) -> new UpdateScript(params, ctx) {
                @Override
                public void execute() {
                    guarded(() -> script.apply(params, ctx));
                }
            };
            case "reindex" -> (ReindexScript.Factory) (params, ctx) -> new ReindexScript(params, ctx) {
                @Override
                public void execute() {
                    guarded(() -> script.apply(params, ctx));
                }
            };
            default -> throw new IllegalArgumentException("painless does not know how to handle context [" + context.name + "]");
        };
        return context.factoryClazz.cast(factory);
    }

    private interface Work<T> {
        T run();
    }

    /** Turns 7.10.2's ScriptException into this server's, with the same stack, position and cause. */
    private static <T> T guarded(Work<T> work) {
        try {
            return work.run();
        } catch (LinkageError e) {
            throw new IllegalStateException("a class of Painless is missing: " + e.getMessage(), e); // an Error would end the node
        } catch (RuntimeException e) {
            if (e.getClass().getName().equals(ScriptException.class.getName()) == false) throw e;
            try {
                Object pos = e.getClass().getMethod("getPos").invoke(e);
                @SuppressWarnings("unchecked")
                List<String> stack = (List<String>) e.getClass().getMethod("getScriptStack").invoke(e);
                String source = (String) e.getClass().getMethod("getScript").invoke(e);
                throw new ScriptException(e.getMessage(), e.getCause(), stack, source, "painless",
                    pos == null ? null : new ScriptException.Position(field(pos, "offset"), field(pos, "start"), field(pos, "end")));
            } catch (ReflectiveOperationException x) {
                throw new IllegalStateException(x);
            }
        }
    }

    private static int field(Object o, String name) throws ReflectiveOperationException {
        return o.getClass().getField(name).getInt(o);
    }

    /** Loaded at the first script, so that a node without scripts does not pay for it. */
    @SuppressWarnings("unchecked")
    private synchronized BiFunction<String, String, BiFunction<Map<String, Object>, Map<String, Object>, Object>> compiler() {
        if (compiler != null) return compiler;
        List<URL> urls = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(jars, "*.jar")) {
            for (Path p : files) urls.add(p.toUri().toURL());
            // No parent: the platform's class loader would hand out the running server's classes of the same names.
            ClassLoader apart = new URLClassLoader("painless-7.10.2", urls.toArray(URL[]::new), null);
            compiler = (BiFunction<String, String, BiFunction<Map<String, Object>, Map<String, Object>, Object>>) apart
                .loadClass("standin.painless.Bridge").getConstructor().newInstance();
            return compiler;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Painless could not be loaded from " + jars, e);
        }
    }
}
