package standin.ingest;

import org.elasticsearch.ElasticsearchStatusException;
import org.elasticsearch.action.ActionListener;
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
            Object io = ConfigurationUtils.readObject(TYPE, tag, config, "input_output");
            List<Io> ios = new ArrayList<>();
            for (Object one : io instanceof List<?> l ? l : List.of(io)) ios.add(readIo(tag, one));
            if (ios.isEmpty()) throw refuse(tag, "property cannot be empty at least one is required");
            return new InferenceProcessor(tag, description, inference, model, ios, ignoreMissing);
        };
    }

    @SuppressWarnings("unchecked")
    private static Io readIo(String tag, Object o) {
        if (o instanceof Map == false) throw refuse(tag, "property isn't a map or a list of maps");
        Map<String, Object> m = (Map<String, Object>) o;
        Io io = new Io(ConfigurationUtils.readStringProperty(TYPE, tag, m, "input_field"), ConfigurationUtils.readStringProperty(TYPE, tag, m, "output_field"));
        if (m.isEmpty() == false) throw refuse(tag, "doesn't support " + m.keySet());
        return io;
    }

    private static RuntimeException refuse(String tag, String why) {
        return ConfigurationUtils.newConfigurationException(TYPE, tag, "input_output", why);
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
        List<String> texts;
        try {
            texts = texts(doc);
        } catch (Exception e) {
            handler.accept(null, e);
            return;
        }
        if (texts.isEmpty()) {
            handler.accept(doc, null);
            return;
        }
        inference.get().embedDocument(modelId, texts, ActionListener.wrap(vectors -> {
            if (vectors.size() != ios.size()) {
                throw new ElasticsearchStatusException("number of results [{}] does not match the number of inputs [{}]",
                    RestStatus.INTERNAL_SERVER_ERROR, vectors.size(), ios.size());
            }
            for (int i = 0; i < ios.size(); i++) write(doc, ios.get(i).output(), vectors.get(i), i == 0);
            handler.accept(doc, null);
        }, e -> handler.accept(null, e)));
    }

    /** One text of each input; a missing one that may be missing is an empty text, and where the first is missing nothing is embedded. */
    private List<String> texts(IngestDocument doc) {
        List<String> texts = new ArrayList<>();
        for (Io io : ios) {
            Object value = doc.getFieldValue(io.input(), Object.class, ignoreMissing);
            if (value == null && ignoreMissing) {
                if (texts.isEmpty()) return texts;
                value = "";
            }
            if (value instanceof String == false) {
                throw new IllegalArgumentException("input field [" + io.input() + "] cannot be processed because it is not a text field");
            }
            texts.add((String) value);
        }
        return texts;
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
