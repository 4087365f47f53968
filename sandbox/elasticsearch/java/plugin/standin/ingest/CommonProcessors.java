package standin.ingest;

import org.elasticsearch.common.util.CollectionUtils;
import org.elasticsearch.ingest.AbstractProcessor;
import org.elasticsearch.ingest.ConfigurationUtils;
import org.elasticsearch.ingest.IngestDocument;
import org.elasticsearch.ingest.PipelineProcessor;
import org.elasticsearch.ingest.Processor;
import org.elasticsearch.script.IngestScript;
import org.elasticsearch.script.Script;
import org.elasticsearch.script.ScriptService;
import org.elasticsearch.script.ScriptType;
import standin.inference.Inference;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

import static org.elasticsearch.ingest.ConfigurationUtils.readBooleanProperty;
import static org.elasticsearch.ingest.ConfigurationUtils.readObject;
import static org.elasticsearch.ingest.ConfigurationUtils.readStringProperty;

/**
 * Stand-in for ingest-common: script, set and remove, without templates. `if`, `ignore_failure`, `on_failure`, `tag` and the check for
 * unknown options are the server's own, as is the `pipeline` processor that the module registers.
 */
public final class CommonProcessors {
    private CommonProcessors() {}

    public static Map<String, Processor.Factory> all(Processor.Parameters p, Supplier<Inference> inference) {
        ScriptService scripts = p.scriptService;
        Map<String, Processor.Factory> m = new HashMap<>();
        m.put(PipelineProcessor.TYPE, new PipelineProcessor.Factory(p.ingestService));
        m.put(InferenceProcessor.TYPE, InferenceProcessor.factory(inference));
        m.put("script", (registry, tag, description, config, project) -> step("script", tag, description, script(tag, config, scripts)));
        m.put("set", (registry, tag, description, config, project) -> step("set", tag, description, set(tag, config)));
        m.put("remove", (registry, tag, description, config, project) -> step("remove", tag, description, remove(tag, config)));
        return m;
    }

    private static Consumer<IngestDocument> script(String tag, Map<String, Object> config, ScriptService scripts) {
        Map<String, Object> own = new HashMap<>();
        for (String k : List.of("lang", "source", "inline", "id", "params", "options")) {
            if (config.containsKey(k)) own.put(k.equals("inline") ? "source" : k, config.remove(k));
        }
        if (own.containsKey("source") == own.containsKey("id")) {
            throw ConfigurationUtils.newConfigurationException("script", tag, own.containsKey("id") ? null : "source",
                own.containsKey("id") ? "Could not have both [id] and [source]" : "required property is missing");
        }
        Script script = Script.parse(own);
        IngestScript.Factory compiled = scripts.compile(script, IngestScript.CONTEXT); // so that a broken script is refused at PUT
        return d -> {
            IngestScript.Factory f = script.getType() == ScriptType.INLINE ? compiled : scripts.compile(script, IngestScript.CONTEXT);
            f.newInstance(script.getParams(), d.getCtxMap()).execute();
            CollectionUtils.ensureNoSelfReferences(d.getSourceAndMetadata(), "ingest script");
        };
    }

    private static Consumer<IngestDocument> set(String tag, Map<String, Object> config) {
        String field = plain("set", tag, "field", readStringProperty("set", tag, config, "field"));
        Object value = readObject("set", tag, config, "value");
        if (value instanceof String text) plain("set", tag, "value", text);
        return d -> d.setFieldValue(field, IngestDocument.deepCopy(value));
    }

    private static Consumer<IngestDocument> remove(String tag, Map<String, Object> config) {
        Object field = readObject("remove", tag, config, "field");
        boolean ignoreMissing = readBooleanProperty("remove", tag, config, "ignore_missing", false);
        List<String> fields = (field instanceof List<?> l ? l : List.of(field)).stream().map(f -> plain("remove", tag, "field", f.toString())).toList();
        return d -> fields.forEach(f -> d.removeField(f, ignoreMissing));
    }

    private static String plain(String type, String tag, String property, String text) {
        if (text.contains("{{") == false) return text;
        throw ConfigurationUtils.newConfigurationException(type, tag, property, "the stand-in knows no templates, and [" + text + "] is one");
    }

    private static Processor step(String type, String tag, String description, Consumer<IngestDocument> body) {
        return new AbstractProcessor(tag, description) {
            @Override
            public IngestDocument execute(IngestDocument d) {
                body.accept(d);
                return d;
            }

            @Override
            public String getType() {
                return type;
            }
        };
    }
}
