package standin.ingest;

import org.elasticsearch.ElasticsearchStatusException;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.inference.InferenceResults;
import org.elasticsearch.ingest.AbstractProcessor;
import org.elasticsearch.ingest.ConfigurationUtils;
import org.elasticsearch.ingest.IngestDocument;
import org.elasticsearch.ingest.Processor;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;
import standin.inference.Inference;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Stand-in for x-pack-ml's `inference` processor on an inference endpoint. Asynchronous; the result is written by the server's own
 * InferenceResults (model_id, append to an existing field) as the double[] that the real one leaves.
 */
final class InferenceProcessor extends AbstractProcessor {
    static final String TYPE = "inference";

    private record Io(String input, String output) {}

    private final Supplier<Inference> inference;
    private final String modelId;
    private final List<Io> ios;
    private final boolean ignoreMissing;

    private InferenceProcessor(String tag, String description, Supplier<Inference> inference, String modelId, List<Io> ios, boolean ignoreMissing) {
        super(tag, description);
        this.inference = inference;
        this.modelId = modelId;
        this.ios = ios;
        this.ignoreMissing = ignoreMissing;
    }

    static Processor.Factory factory(Supplier<Inference> inference) {
        return (registry, tag, description, config, project) -> {
            String model = ConfigurationUtils.readStringProperty(TYPE, tag, config, "model_id");
            boolean ignoreMissing = ConfigurationUtils.readBooleanProperty(TYPE, tag, config, "ignore_missing", false);
            Map<String, Object> inferenceConfig = ConfigurationUtils.readOptionalMap(TYPE, tag, config, "inference_config");
            if (inferenceConfig != null) checkConfig(inferenceConfig);
            Object io = config.remove("input_output");
            String target = ConfigurationUtils.readOptionalStringProperty(TYPE, tag, config, "target_field");
            Map<String, Object> fields = ConfigurationUtils.readOptionalMap(TYPE, tag, config, "field_map");
            List<Io> ios = new ArrayList<>();
            if (io != null) {
                if (target != null) throw refuse(tag, "target_field", "option is incompatible with [input_output]. Use the [output_field] option to specify where to write the inference results to.");
                if (fields != null) throw refuse(tag, "field_map", "option is incompatible with [input_output].");
                if (inferenceConfig != null && inferenceConfig.values().stream().anyMatch(c -> c instanceof Map<?, ?> m && m.containsKey("results_field"))) {
                    throw refuse(tag, "results_field", "option is incompatible with [input_output]. Use the [output_field] option to specify where to write the inference results to.");
                }
                List<?> all = io instanceof List<?> l ? l : List.of(io);
                if (all.isEmpty()) throw refuse(tag, "input_output", "property cannot be empty at least one is required");
                for (Object o : all) ios.add(readIo(tag, o));
            }
            return new InferenceProcessor(tag, description, inference, model, ios, ignoreMissing);
        };
    }

    /** Of the configurations of deployed models only the one that fits an embedding, and of that what the real one knows. */
    private static void checkConfig(Map<String, Object> config) {
        if (config.keySet().equals(Set.of("text_embedding")) == false) {
            throw new ElasticsearchStatusException("unrecognized inference configuration type {}. Supported types [text_embedding]", RestStatus.BAD_REQUEST, config.keySet());
        }
        if (config.get("text_embedding") instanceof Map<?, ?> m && Set.of("results_field", "tokenization").containsAll(m.keySet())) return;
        throw new ElasticsearchStatusException("unknown field in [inference_config.text_embedding]: {}", RestStatus.BAD_REQUEST, config.get("text_embedding"));
    }

    @SuppressWarnings("unchecked")
    private static Io readIo(String tag, Object o) {
        if (o instanceof Map == false) throw refuse(tag, "input_output", "property isn't a map or a list of maps");
        Map<String, Object> m = (Map<String, Object>) o;
        Io io = new Io(ConfigurationUtils.readStringProperty(TYPE, tag, m, "input_field"), ConfigurationUtils.readStringProperty(TYPE, tag, m, "output_field"));
        if (m.isEmpty() == false) throw refuse(tag, "input_output", "doesn't support " + m.keySet());
        return io;
    }

    private static RuntimeException refuse(String tag, String property, String why) {
        return ConfigurationUtils.newConfigurationException(TYPE, tag, property, why);
    }

    @Override
    public boolean isAsync() {
        return true;
    }

    @Override
    public String getType() {
        return TYPE;
    }

    @Override
    public void execute(IngestDocument doc, BiConsumer<IngestDocument, Exception> handler) {
        List<String> texts = new ArrayList<>();
        List<Io> present = new ArrayList<>();
        try {
            for (Io io : ios) {
                Object value = doc.getFieldValue(io.input(), Object.class, ignoreMissing);
                if (value == null && ignoreMissing) continue;
                if (value instanceof String == false) {
                    throw new IllegalArgumentException("input field [" + io.input() + "] cannot be processed because it is not a text field");
                }
                texts.add((String) value);
                present.add(io);
            }
            if (ios.isEmpty()) {
                inference.get().get(modelId);
                throw new ElasticsearchStatusException("[{}] is configured for the _inference API and does not accept documents as input", RestStatus.BAD_REQUEST, modelId);
            }
        } catch (Exception e) {
            handler.accept(null, e);
            return;
        }
        if (texts.isEmpty()) {
            handler.accept(doc, null);
            return;
        }
        inference.get().embedByModelId(modelId, texts, org.elasticsearch.action.ActionListener.wrap(vectors -> {
            for (int i = 0; i < present.size(); i++) write(doc, present.get(i).output(), vectors.get(i), i == 0);
            handler.accept(doc, null);
        }, e -> handler.accept(null, e)));
    }

    private void write(IngestDocument doc, String output, float[] vector, boolean withModelId) {
        int dot = output.lastIndexOf('.');
        InferenceResults.writeResultToField(new Result(vector), doc, dot < 0 ? null : output.substring(0, dot), dot < 0 ? output : output.substring(dot + 1), modelId, withModelId);
    }

    /** The numbers as the server's result type, only to be written into a document. */
    private record Result(float[] vector) implements InferenceResults {
        @Override
        public Object predictedValue() {
            double[] d = new double[vector.length];
            for (int i = 0; i < d.length; i++) d[i] = vector[i];
            return d;
        }

        @Override
        public String getResultsField() {
            return "predicted_value";
        }

        @Override
        public Map<String, Object> asMap() {
            return asMap(getResultsField());
        }

        @Override
        public Map<String, Object> asMap(String outputField) {
            Map<String, Object> m = new java.util.LinkedHashMap<>();
            m.put(outputField, predictedValue());
            return m;
        }

        @Override
        public String getWriteableName() {
            return "standin_text_embedding";
        }

        @Override
        public void writeTo(StreamOutput out) {
            throw new UnsupportedOperationException();
        }

        @Override
        public XContentBuilder toXContent(XContentBuilder b, Params p) {
            throw new UnsupportedOperationException();
        }
    }
}
