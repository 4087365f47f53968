package standin.mustache;

import org.elasticsearch.script.ScriptContext;
import org.elasticsearch.script.ScriptEngine;
import org.elasticsearch.script.TemplateScript;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stand-in for lang-mustache: {{a.b}}, escaped for JSON, and {{{a.b}}}, as it is, of texts, numbers and booleans.
 * Sections, partials and other tags are refused when the template is compiled, lists and objects when it is rendered.
 */
public final class MustacheEngine implements ScriptEngine {
    private static final Pattern TAG = Pattern.compile("\\{\\{\\{\\s*([\\w.@-]+)\\s*\\}\\}\\}|\\{\\{\\s*([\\w.@-]+)\\s*\\}\\}");

    @Override
    public String getType() {
        return "mustache";
    }

    @Override
    public Set<ScriptContext<?>> getSupportedContexts() {
        return Set.of(TemplateScript.CONTEXT, TemplateScript.INGEST_CONTEXT);
    }

    @Override
    public <F> F compile(String name, String source, ScriptContext<F> context, Map<String, String> options) {
        if (TAG.matcher(source).replaceAll("").contains("{{")) {
            throw new IllegalArgumentException("the stand-in's mustache knows {{variable}} and {{{variable}}} only, which is not all of [" + source + "]");
        }
        TemplateScript.Factory f = params -> new TemplateScript(params) {
            @Override
            public String execute() {
                return TAG.matcher(source).replaceAll(m -> Matcher.quoteReplacement(m.group(1) == null ? escaped(text(params, m.group(2))) : text(params, m.group(1))));
            }
        };
        return context.factoryClazz.cast(f);
    }

    private static String text(Object at, String path) {
        for (String key : path.split("\\.")) at = at instanceof Map<?, ?> m ? m.get(key) : null;
        if (at instanceof Map || at instanceof List || at != null && at.getClass().isArray()) {
            throw new IllegalArgumentException("the stand-in's mustache does not render [" + path + "], which is an object or a list");
        }
        return at == null ? "" : at.toString();
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> out.append(c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return out.toString();
    }
}
