package standin.search;

import org.elasticsearch.TransportVersion;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.client.internal.Client;
import org.elasticsearch.common.io.stream.StreamInput;
import org.elasticsearch.common.io.stream.StreamOutput;
import org.elasticsearch.plugins.SearchPlugin.QueryVectorBuilderSpec;
import org.elasticsearch.search.vectors.QueryVectorBuilder;
import org.elasticsearch.xcontent.ConstructingObjectParser;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentBuilder;
import standin.inference.Inference;

import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;

/** Stand-in for x-pack-ml's query_vector_builder.text_embedding, on the server's real hook: the endpoint's vector, untouched. */
public final class TextEmbedding implements QueryVectorBuilder {
    private static final String NAME = "text_embedding";
    private static final ConstructingObjectParser<TextEmbedding, Supplier<Inference>> PARSER = new ConstructingObjectParser<>(NAME, false,
        (a, inference) -> new TextEmbedding((String) a[0], (String) a[1], inference));
    static {
        PARSER.declareString(ConstructingObjectParser.optionalConstructorArg(), new ParseField("model_id"));
        PARSER.declareString(ConstructingObjectParser.constructorArg(), new ParseField("model_text"));
    }
    private final String modelId;
    private final String text;
    private final Supplier<Inference> inference;

    private TextEmbedding(String modelId, String text, Supplier<Inference> inference) {
        this.modelId = modelId;
        this.text = text;
        this.inference = inference;
    }

    public static QueryVectorBuilderSpec<TextEmbedding> spec(Supplier<Inference> inference) {
        return new QueryVectorBuilderSpec<>(NAME, (StreamInput in) -> new TextEmbedding(in.readOptionalString(), in.readString(), inference),
            (parser, ignored) -> PARSER.apply(parser, inference));
    }

    @Override
    public void buildVector(Client client, ActionListener<float[]> listener) {
        if (modelId == null) {
            listener.onFailure(new IllegalArgumentException("[model_id] must not be null."));
            return;
        }
        inference.get().embedQuery(modelId, text, listener);
    }

    @Override
    public XContentBuilder toXContent(XContentBuilder b, Params params) throws IOException {
        b.startObject();
        if (modelId != null) b.field("model_id", modelId);
        return b.field("model_text", text).endObject();
    }

    @Override
    public void writeTo(StreamOutput out) throws IOException {
        out.writeOptionalString(modelId);
        out.writeString(text);
    }

    @Override
    public String getWriteableName() {
        return NAME;
    }

    @Override
    public TransportVersion getMinimalSupportedVersion() {
        return TransportVersion.minimumCompatible();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof TextEmbedding t && Objects.equals(modelId, t.modelId) && text.equals(t.text);
    }

    @Override
    public int hashCode() {
        return Objects.hash(modelId, text);
    }
}
