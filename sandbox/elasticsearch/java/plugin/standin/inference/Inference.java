package standin.inference;

import org.elasticsearch.ElasticsearchStatusException;
import org.elasticsearch.ResourceAlreadyExistsException;
import org.elasticsearch.ResourceNotFoundException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.cluster.metadata.ProjectId;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.inference.TaskType;
import org.elasticsearch.ingest.IngestService;
import org.elasticsearch.ingest.PipelineConfiguration;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.threadpool.ThreadPool;
import standin.common.State;
import standin.license.License;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Stand-in for x-pack-inference's registry and its put, update, delete and perform actions, in the order the real ones check things. */
public final class Inference {
    public static final TimeValue DEFAULT_TIMEOUT = TimeValue.timeValueSeconds(30);
    private static final String ID = "[a-z0-9]([a-z0-9._-]*[a-z0-9])?";
    private final State state;
    private final License license;
    private final ClusterService cluster;
    private final Sender sender;

    public Inference(State state, License license, ClusterService cluster, ThreadPool threads) {
        this.state = state;
        this.license = license;
        this.cluster = cluster;
        this.sender = new Sender(threads, cluster.getClusterSettings());
    }

    void put(String task, String id, Map<String, Object> body, TimeValue timeout, ActionListener<Endpoint> listener) {
        license.requireInference();
        checkId(id);
        TaskType type = TaskType.fromStringOrStatusException(task);
        Object service = body.get("service");
        if (service == null) throw bad("Inference endpoint configuration is missing the [service] setting");
        if (service.equals("openai") == false) throw bad("Unknown service [" + service + "]");
        if (type != TaskType.TEXT_EMBEDDING) throw bad(TaskType.unsupportedTaskTypeErrorMsg(type, "openai"));
        Endpoint parsed = Endpoint.parse(id, body);
        validate(parsed, timeout, listener.map(checked -> state.change("inference", all -> {
            if (all.containsKey(id)) throw new ResourceAlreadyExistsException("Inference endpoint [{}] already exists", id);
            all.put(id, checked.stored());
            return checked;
        })));
    }

    void update(String task, String id, Map<String, Object> body, TimeValue timeout, ActionListener<Endpoint> listener) {
        license.requireInference();
        Endpoint old = get(id);
        if (task != null && TaskType.fromStringOrStatusException(task) != TaskType.TEXT_EMBEDDING) {
            throw bad("Task type must match the task type of the existing endpoint");
        }
        Endpoint next = old.update(body);
        if (next.equals(old)) {
            listener.onResponse(old);
            return;
        }
        validate(next, timeout, listener.map(checked -> state.change("inference", all -> {
            all.put(id, checked.stored());
            return checked;
        })));
    }

    private void validate(Endpoint e, TimeValue timeout, ActionListener<Endpoint> listener) {
        ActionListener<List<float[]>> checked = listener.map(vectors -> {
            int size = vectors.get(0).length;
            if (e.dimensionsSet() && ((Number) e.service().get("dimensions")).intValue() != size) {
                throw bad("The retrieved embeddings size [" + size + "] does not match the size specified in the settings ["
                    + e.service().get("dimensions") + "]. Please recreate the [" + e.id() + "] configuration with the correct dimensions");
            }
            return e.observed(size);
        });
        sender.embed(e, List.of("how big"), timeout, checked.delegateResponse((l, x) -> l.onFailure(new ElasticsearchStatusException(
            "Could not complete inference endpoint creation as validation call to service threw an exception.", RestStatus.BAD_REQUEST, x))));
    }

    public Endpoint get(String id) {
        Object stored = state.read("inference").get(id);
        if (stored == null) throw new ResourceNotFoundException("Inference endpoint not found [{}]", id);
        return Endpoint.load(id, Endpoint.map(stored));
    }

    List<Endpoint> list() {
        return state.read("inference").entrySet().stream().map(e -> Endpoint.load(e.getKey(), Endpoint.map(e.getValue()))).toList();
    }

    Map<String, Object> delete(String task, String id, boolean force, boolean dryRun) {
        get(id);
        checkTask(task);
        List<String> pipelines = pipelinesUsing(id), indexes = indexesUsing(id);
        String error = (pipelines.isEmpty() ? "" : "Inference endpoint " + id + " is referenced by pipelines: " + pipelines
            + ". Ensure that no pipelines are using this inference endpoint, or use force to ignore this warning and delete the inference endpoint.")
            + (indexes.isEmpty() ? "" : " Inference endpoint " + id + " is being used in the mapping for indexes: " + indexes
            + ". Ensure that no index mappings are using this inference endpoint, or use force to ignore this warning and delete the inference endpoint.");
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("acknowledged", dryRun == false);
        out.put("pipelines", pipelines);
        out.put("indexes", indexes);
        if (dryRun) {
            out.put("error_message", error);
            return out;
        }
        if (error.isEmpty() == false && force == false) throw new ElasticsearchStatusException(error, RestStatus.CONFLICT);
        state.change("inference", all -> all.remove(id));
        return out;
    }

    void embed(String id, List<String> input, TimeValue timeout, ActionListener<List<float[]>> listener) {
        try {
            license.requireInference();
            sender.embed(get(id), input, timeout, listener);
        } catch (Exception e) {
            listener.onFailure(e);
        }
    }

    /** For the query vector builder. */
    public void embedQuery(String id, String query, ActionListener<float[]> listener) {
        embedByModelId(id, List.of(query), cluster.getClusterSettings().get(Sending.QUERY_TIMEOUT), listener.map(vectors -> vectors.get(0)));
    }

    /** For the ingest processor, which waits without end. */
    public void embedDocument(String id, List<String> input, ActionListener<List<float[]>> listener) {
        embedByModelId(id, input, null, listener);
    }

    /** What may also be the name of a deployed ML model, of which there are none here. */
    private void embedByModelId(String id, List<String> input, TimeValue timeout, ActionListener<List<float[]>> listener) {
        embed(id, input, timeout, listener.delegateResponse((l, e) -> l.onFailure(e instanceof ResourceNotFoundException
            ? new ElasticsearchStatusException("[{}] is not an inference service model or a deployed ml model", RestStatus.NOT_FOUND, id) : e)));
    }

    static void checkTask(String task) {
        if (task == null) return;
        TaskType asked = TaskType.fromStringOrStatusException(task);
        if (asked.isAnyOrSame(TaskType.TEXT_EMBEDDING) == false) {
            throw bad("Requested task type [" + asked + "] does not match the inference endpoint's task type [text_embedding]");
        }
    }

    private List<String> pipelinesUsing(String id) {
        TreeSet<String> users = new TreeSet<>();
        for (PipelineConfiguration p : IngestService.getPipelines(cluster.state().metadata().getProject(ProjectId.DEFAULT))) {
            if (uses(p.getConfig(), id)) users.add(p.getId());
        }
        return new ArrayList<>(users);
    }

    private List<String> indexesUsing(String id) {
        return cluster.state().metadata().getProject(ProjectId.DEFAULT).indices().values().stream()
            .filter(index -> index.getInferenceFields().values().stream()
                .anyMatch(field -> id.equals(field.getInferenceId()) || id.equals(field.getSearchInferenceId())))
            .map(index -> index.getIndex().getName()).sorted().toList();
    }

    private static boolean uses(Object config, String id) {
        if (config instanceof List<?> l) return l.stream().anyMatch(o -> uses(o, id));
        if (config instanceof Map<?, ?> m) {
            return m.get("inference") instanceof Map<?, ?> i && id.equals(i.get("model_id")) || m.values().stream().anyMatch(o -> uses(o, id));
        }
        return false;
    }

    private static void checkId(String id) {
        if (id.startsWith(".")) throw bad("[" + id + "] is a reserved inference ID. Cannot create a new inference endpoint with a reserved ID.");
        if (id.matches(ID)) return;
        ActionRequestValidationException e = new ActionRequestValidationException();
        e.addValidationError("Invalid inference_id; '" + id + "' can contain lowercase alphanumeric (a-z and 0-9), hyphens (-), underscores (_) or periods (.) and must start and end with alphanumeric");
        throw e;
    }

    private static ElasticsearchStatusException bad(String message) {
        return new ElasticsearchStatusException(message, RestStatus.BAD_REQUEST);
    }
}
