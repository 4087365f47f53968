package standin.ingest;

import org.elasticsearch.common.util.CollectionUtils;
import org.elasticsearch.ingest.AbstractProcessor;
import org.elasticsearch.ingest.ConfigurationUtils;
import org.elasticsearch.ingest.IngestDocument;
import org.elasticsearch.ingest.PipelineProcessor;
import org.elasticsearch.ingest.Processor;
import org.elasticsearch.ingest.ValueSource;
import org.elasticsearch.script.IngestScript;
import org.elasticsearch.script.Script;
import org.elasticsearch.script.ScriptService;
import org.elasticsearch.script.ScriptType;
import org.elasticsearch.script.TemplateScript;
import standin.inference.Inference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

import static org.elasticsearch.ingest.ConfigurationUtils.readBooleanProperty;
import static org.elasticsearch.ingest.ConfigurationUtils.readObject;
import static org.elasticsearch.ingest.ConfigurationUtils.readOptionalStringProperty;
import static org.elasticsearch.ingest.ConfigurationUtils.readStringProperty;

/**
 * Stand-in for ingest-common: script, set, remove, rename and fail. `if`, `ignore_failure`, `on_failure`, `tag` and the check for
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
        m.put("set", (registry, tag, description, config, project) -> step("set", tag, description, set(tag, config, scripts)));
        m.put("remove", (registry, tag, description, config, project) -> step("remove", tag, description, remove(tag, config, scripts)));
        m.put("rename", (registry, tag, description, config, project) -> step("rename", tag, description, rename(tag, config, scripts)));
        m.put("fail", (registry, tag, description, config, project) -> {
            TemplateScript.Factory message = template("fail", tag, config, "message", scripts);
            return step("fail", tag, description, d -> { throw new FailProcessorException(d.renderTemplate(message)); });
        });
        return m;
    }

    /** Named so that the error type reads fail_processor_exception. */
    static final class FailProcessorException extends RuntimeException {
        FailProcessorException(String message) {
            super(message);
        }
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

    private static Consumer<IngestDocument> set(String tag, Map<String, Object> config, ScriptService scripts) {
        TemplateScript.Factory field = template("set", tag, config, "field", scripts);
        String from = readOptionalStringProperty("set", tag, config, "copy_from");
        if (from != null && config.containsKey("value")) {
            throw ConfigurationUtils.newConfigurationException("set", tag, "copy_from", "cannot set both `copy_from` and `value` in the same processor");
        }
        ValueSource value = from == null ? ValueSource.wrap(readObject("set", tag, config, "value"), scripts) : null;
        boolean override = readBooleanProperty("set", tag, config, "override", true);
        boolean ignoreEmpty = readBooleanProperty("set", tag, config, "ignore_empty_value", false);
        return d -> {
            String path = d.renderTemplate(field);
            if (override == false && d.hasField(path) && d.getFieldValue(path, Object.class) != null) return;
            if (from == null) {
                d.setFieldValue(path, value, ignoreEmpty);
            } else {
                d.setFieldValue(path, IngestDocument.deepCopy(d.getFieldValue(from, Object.class, ignoreEmpty)), ignoreEmpty);
            }
        };
    }

    private static Consumer<IngestDocument> remove(String tag, Map<String, Object> config, ScriptService scripts) {
        Object keep = config.remove("keep"), field = keep == null ? readObject("remove", tag, config, "field") : null;
        boolean ignoreMissing = readBooleanProperty("remove", tag, config, "ignore_missing", false);
        if (keep != null) {
            List<?> kept = keep instanceof List<?> l ? l : List.of(keep);
            return d -> {
                for (String f : new TreeSet<>(d.getSource().keySet())) {
                    if (kept.stream().noneMatch(k -> k.equals(f) || k.toString().startsWith(f + "."))) d.removeField(f, true);
                }
            };
        }
        List<TemplateScript.Factory> fields = new ArrayList<>();
        for (Object f : field instanceof List<?> l ? l : List.of(field)) {
            fields.add(ConfigurationUtils.compileTemplate("remove", tag, "field", f.toString(), scripts));
        }
        return d -> fields.forEach(f -> {
            String path = d.renderTemplate(f);
            if (path.isEmpty() == false || ignoreMissing == false) d.removeField(path, ignoreMissing);
        });
    }

    private static Consumer<IngestDocument> rename(String tag, Map<String, Object> config, ScriptService scripts) {
        TemplateScript.Factory from = template("rename", tag, config, "field", scripts), to = template("rename", tag, config, "target_field", scripts);
        boolean ignoreMissing = readBooleanProperty("rename", tag, config, "ignore_missing", false);
        boolean override = readBooleanProperty("rename", tag, config, "override", false);
        return d -> {
            String a = d.renderTemplate(from), b = d.renderTemplate(to);
            if (d.hasField(a) == false) {
                if (ignoreMissing) return;
                throw new IllegalArgumentException("field [" + a + "] doesn't exist");
            }
            if (d.hasField(b) && override == false) throw new IllegalArgumentException("field [" + b + "] already exists");
            Object value = d.getFieldValue(a, Object.class);
            d.removeField(a);
            d.setFieldValue(b, value);
        };
    }

    private static TemplateScript.Factory template(String type, String tag, Map<String, Object> config, String key, ScriptService scripts) {
        return ConfigurationUtils.compileTemplate(type, tag, key, readStringProperty(type, tag, config, key), scripts);
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
