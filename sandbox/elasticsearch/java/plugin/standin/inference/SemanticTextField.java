package standin.inference;

import org.apache.lucene.search.Query;
import org.elasticsearch.cluster.metadata.InferenceFieldMetadata;
import org.elasticsearch.index.mapper.DocumentParserContext;
import org.elasticsearch.index.mapper.FieldMapper;
import org.elasticsearch.index.mapper.IndexType;
import org.elasticsearch.index.mapper.InferenceFieldMapper;
import org.elasticsearch.index.mapper.MappedFieldType;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.mapper.MapperBuilderContext;
import org.elasticsearch.index.mapper.ValueFetcher;
import org.elasticsearch.index.query.SearchExecutionContext;

import java.util.Map;
import java.util.Set;

/** Stand-in for x-pack-inference's semantic_text, in mappings only: which endpoints an index names. Documents and searches with it are refused. */
public final class SemanticTextField extends FieldMapper implements InferenceFieldMapper {
    public static final String TYPE = "semantic_text";
    public static final Mapper.TypeParser PARSER = new TypeParser((name, context) -> new Builder(name));
    private final String inferenceId;
    private final String searchInferenceId;

    private SemanticTextField(Builder b, MapperBuilderContext context) {
        super(b.leafName(), new Type(context.buildFullName(b.leafName()), b.meta.getValue()), b.params(context));
        inferenceId = b.inferenceId.getValue();
        searchInferenceId = b.searchInferenceId.getValue();
        if (inferenceId == null) throw refused("a default endpoint", "[inference_id] must be set");
    }

    @Override
    public InferenceFieldMetadata getMetadata(Set<String> sources) {
        return new InferenceFieldMetadata(fullPath(), inferenceId, searchInferenceId == null ? inferenceId : searchInferenceId,
            sources.toArray(String[]::new), null);
    }

    @Override
    protected void parseCreateField(DocumentParserContext context) {
        throw refused("values of a semantic_text", fullPath());
    }

    @Override
    public FieldMapper.Builder getMergeBuilder() {
        return new Builder(leafName()).init(this);
    }

    @Override
    protected String contentType() {
        return TYPE;
    }

    private static IllegalArgumentException refused(String what, String where) {
        return new IllegalArgumentException("the stand-in knows no " + what + ": " + where);
    }

    private static final class Builder extends FieldMapper.Builder {
        private final Parameter<String> inferenceId = Parameter.stringParam("inference_id", false, m -> ((SemanticTextField) m).inferenceId, null);
        private final Parameter<String> searchInferenceId = Parameter.stringParam("search_inference_id", true,
            m -> ((SemanticTextField) m).searchInferenceId, null);
        private final Parameter<Map<String, String>> meta = Parameter.metaParam();

        Builder(String name) {
            super(name);
        }

        private BuilderParams params(MapperBuilderContext context) {
            return builderParams(this, context);
        }

        @Override
        protected Parameter<?>[] getParameters() {
            return new Parameter<?>[] { inferenceId, searchInferenceId, meta };
        }

        @Override
        public String contentType() {
            return TYPE;
        }

        @Override
        public SemanticTextField build(MapperBuilderContext context) {
            return new SemanticTextField(this, context);
        }
    }

    private static final class Type extends MappedFieldType {
        Type(String name, Map<String, String> meta) {
            super(name, IndexType.NONE, false, meta);
        }

        @Override
        public ValueFetcher valueFetcher(SearchExecutionContext context, String format) {
            throw refused("values of a semantic_text", name());
        }

        @Override
        public Query termQuery(Object value, SearchExecutionContext context) {
            throw refused("searches of a semantic_text", name());
        }

        @Override
        public String typeName() {
            return TYPE;
        }
    }
}
