package standin.inference;

import org.elasticsearch.common.ValidationException;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.rest.RestHandler;
import standin.common.Api;
import standin.common.Api.Call;
import standin.common.Api.Reply;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Stand-in for x-pack-inference's REST layer. A lone path part that names a task type means "all of that type" on GET, as in the server. */
public final class InferenceApi {
    private static final Set<String> TASKS = Set.of("text_embedding", "sparse_embedding", "rerank", "completion", "chat_completion", "embedding", "_all");
    private final Supplier<Inference> inference;

    public InferenceApi(Supplier<Inference> inference) {
        this.inference = inference;
    }

    public List<RestHandler> handlers() {
        String one = " /_inference/{task_or_id}", two = " /_inference/{task_or_id}/{inference_id}", ids = "task_or_id inference_id ";
        return List.of(
            Api.async("cluster:admin/xpack/inference/put", "PUT" + one + ", PUT" + two, ids, (c, l) -> inference.get()
                .put(task(c) == null ? "text_embedding" : task(c), id(c), c.body(), timeout(c), l.map(e -> Reply.ok(e.shown())))),
            Api.async("cluster:admin/xpack/inference/update", "PUT" + one + "/_update, PUT" + two + "/_update", ids, (c, l) -> inference.get()
                .update(task(c), id(c), c.body(), timeout(c), l.map(e -> Reply.ok(e.shown())))),
            Api.plain("cluster:monitor/xpack/inference/get", "GET /_inference, GET" + one + ", GET" + two, ids, this::get),
            Api.plain("cluster:admin/xpack/inference/delete", "DELETE" + one + ", DELETE" + two, ids + "force dry_run",
                c -> Reply.ok(inference.get().delete(task(c), id(c), c.flag("force"), c.flag("dry_run")))),
            Api.async("cluster:monitor/xpack/inference/post", "POST" + one + ", POST" + two, ids, (c, l) -> {
                if (c.body().get("input_type") != null) {
                    throw new ValidationException().addValidationError(
                        "Invalid input_type [" + c.body().get("input_type") + "]. The input_type option is not supported by this service");
                }
                Object input = c.body().get("input");
                List<String> texts = input instanceof List<?> many ? many.stream().map(Object::toString).toList()
                    : input == null ? List.of() : List.of(input.toString());
                if (texts.isEmpty()) throw new ValidationException().addValidationError("Field [input] cannot be null or empty");
                inference.get().get(id(c));
                Inference.checkTask(task(c));
                inference.get().embed(id(c), texts, timeout(c), l.map(vectors -> Reply.ok(
                    Map.of("text_embedding", vectors.stream().map(v -> Map.of("embedding", v)).toList()))));
            }));
    }

    private Reply get(Call c) {
        String first = c.param("task_or_id");
        boolean all = first == null || c.param("inference_id") == null && TASKS.contains(first) || "_all".equals(c.param("inference_id"));
        List<Endpoint> found = all == false ? List.of(inference.get().get(id(c)))
            : first == null || first.equals("_all") || first.equals("text_embedding") ? inference.get().list() : List.of();
        if (all == false) Inference.checkTask(task(c));
        return Reply.ok(Map.of("endpoints", found.stream().map(Endpoint::shown).toList()));
    }

    private static String id(Call c) {
        return c.param("inference_id") == null ? c.param("task_or_id") : c.param("inference_id");
    }

    private static String task(Call c) {
        return c.param("inference_id") == null ? null : c.param("task_or_id");
    }

    private static TimeValue timeout(Call c) {
        return c.param("timeout") == null ? Inference.DEFAULT_TIMEOUT : TimeValue.parseTimeValue(c.param("timeout"), "timeout");
    }
}
