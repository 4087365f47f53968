package standin.inference;

import org.elasticsearch.common.ValidationException;

import java.util.LinkedHashMap;
import java.util.Map;

/** Stand-in for x-pack-inference's chunking settings: checked, defaulted and echoed; nothing is ever chunked (only semantic_text would). */
final class Chunking {
    private Chunking() {}

    static Map<String, Object> parse(Map<String, Object> in, ValidationException errors) {
        Map<String, Object> out = new LinkedHashMap<>();
        if (in == null || in.isEmpty()) {
            out.put("strategy", "sentence");
            out.put("max_chunk_size", 250);
            out.put("sentence_overlap", 1);
            return out;
        }
        Object strategy = in.remove("strategy");
        out.put("strategy", strategy);
        if ("none".equals(strategy) == false) {
            Integer max = Endpoint.positive(in, "max_chunk_size", errors);
            if (max == null) errors.addValidationError("[chunking_settings] does not contain the required setting [max_chunk_size]");
            out.put("max_chunk_size", max);
        }
        if ("sentence".equals(strategy)) {
            Object overlap = in.containsKey("sentence_overlap") ? in.remove("sentence_overlap") : 1;
            if (Integer.valueOf(0).equals(overlap) == false && Integer.valueOf(1).equals(overlap) == false) {
                errors.addValidationError("[chunking_settings] Invalid value [" + overlap + "]. [sentence_overlap] must be 0 or 1");
            }
            out.put("sentence_overlap", overlap);
        } else if ("word".equals(strategy)) {
            out.put("overlap", in.containsKey("overlap") ? in.remove("overlap") : 100);
        } else if ("none".equals(strategy) == false) {
            errors.addValidationError("[chunking_settings] Invalid value [" + strategy + "] received. [strategy] must be one of [none, sentence, word]");
        }
        if (in.isEmpty() == false) errors.addValidationError("[chunking_settings] Chunking settings can not have the following settings: " + in.keySet());
        return out;
    }
}
