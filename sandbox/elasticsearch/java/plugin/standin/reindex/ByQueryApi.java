package standin.reindex;

import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.ActionRequestValidationException;
import org.elasticsearch.action.ActionType;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.bytes.BytesReference;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.index.reindex.AbstractBulkByPaginatedSearchRequest;
import org.elasticsearch.index.reindex.BulkByPaginatedSearchResponse;
import org.elasticsearch.index.reindex.ReindexAction;
import org.elasticsearch.index.reindex.ReindexRequest;
import org.elasticsearch.index.reindex.UpdateByQueryAction;
import org.elasticsearch.index.reindex.UpdateByQueryRequest;
import org.elasticsearch.plugins.ActionPlugin.ActionHandler;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.rest.action.RestResponseListener;
import org.elasticsearch.xcontent.XContentBuilder;
import org.elasticsearch.xcontent.XContentFactory;
import org.elasticsearch.xcontent.XContentParser;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Stand-in for the reindex module's REST layer: POST _reindex and {index}/_update_by_query, in the foreground or as a stored task. */
public final class ByQueryApi extends BaseRestHandler {
    private final ActionType<BulkByPaginatedSearchResponse> action;
    private final String path;

    private ByQueryApi(ActionType<BulkByPaginatedSearchResponse> action, String path) {
        this.action = action;
        this.path = path;
    }

    public static List<RestHandler> handlers() {
        return List.of(new ByQueryApi(ReindexAction.INSTANCE, "/_reindex"), new ByQueryApi(UpdateByQueryAction.INSTANCE, "/{index}/_update_by_query"));
    }

    public static List<ActionHandler> actions() {
        return List.of(new ActionHandler(ReindexAction.INSTANCE, ByQueryAction.Reindex.class), new ActionHandler(UpdateByQueryAction.INSTANCE, ByQueryAction.Update.class));
    }

    @Override
    public String getName() {
        return "stand-in" + path.replaceAll("[/{}]", "_");
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.POST, path));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest r, NodeClient client) throws IOException {
        if (action == ReindexAction.INSTANCE) {
            if (r.hasContent() == false) throw new IllegalArgumentException("request body is required");
            try (XContentParser p = r.contentParser()) {
                ReindexRequest request = ReindexRequest.fromXContent(p, f -> true);
                if (r.hasParam("require_alias")) request.setRequireAlias(r.paramAsBoolean("require_alias", false));
                if (request.getRemoteInfo() != null) throw new IllegalArgumentException("reindex from remote is not part of this stand-in");
                return run(request, r, client);
            }
        }
        UpdateByQueryRequest request = new UpdateByQueryRequest(Strings.splitStringByCommaToArray(r.param("index")));
        request.setPipeline(r.param("pipeline"));
        body(request, r);
        return run(request, r, client);
    }

    private static void body(UpdateByQueryRequest request, RestRequest r) throws IOException {
        request.setConflicts(r.param("conflicts", "abort"));
        request.getSearchRequest().source().size(r.paramAsInt("scroll_size", 1000));
        if (r.hasContent() == false) return;
        Map<String, Object> body;
        try (XContentParser p = r.contentParser()) {
            body = p.mapOrdered();
        }
        if (body.containsKey("script")) throw new IllegalArgumentException("[script] is not part of this stand-in's _update_by_query");
        if (body.get("conflicts") != null) request.setConflicts(body.remove("conflicts").toString());
        if (body.get("max_docs") != null) request.setMaxDocs(((Number) body.remove("max_docs")).intValue());
        try (XContentBuilder rest = XContentFactory.jsonBuilder().map(body); XContentParser p = org.elasticsearch.xcontent.XContentType.JSON.xContent()
            .createParser(r.contentParserConfig(), BytesReference.bytes(rest).streamInput())) {
            request.getSearchRequest().source().parseXContent(p, true, f -> true);
        }
    }

    private RestChannelConsumer run(AbstractBulkByPaginatedSearchRequest<?> request, RestRequest r, NodeClient client) {
        request.setRefresh(r.paramAsBoolean("refresh", false));
        request.setTimeout(r.paramAsTime("timeout", request.getTimeout()));
        if (r.hasParam("max_docs")) request.setMaxDocs(r.paramAsInt("max_docs", -1));
        if (r.hasParam("requests_per_second") && r.paramAsInt("requests_per_second", -1) != -1) {
            request.setRequestsPerSecond(Float.parseFloat(r.param("requests_per_second")));
        }
        r.param("slices"); // accepted: one slice does the same work
        r.paramAsTime("scroll", TimeValue.ZERO);
        r.param("wait_for_active_shards");
        boolean wait = r.paramAsBoolean("wait_for_completion", true);
        ActionRequestValidationException invalid = request.validate();
        if (invalid != null) throw invalid;
        if (wait) {
            return ch -> client.executeLocally(action, request, new RestResponseListener<>(ch) {
                @Override
                public RestResponse buildResponse(BulkByPaginatedSearchResponse done) throws IOException {
                    XContentBuilder b = ch.newBuilder().startObject();
                    return new RestResponse(status(done), done.toXContent(b, r).endObject());
                }
            });
        }
        request.setShouldStoreResult(true);
        return ch -> {
            long id = client.executeLocally(action, request, ActionListener.<BulkByPaginatedSearchResponse>noop()).getId();
            ch.sendResponse(new RestResponse(RestStatus.OK, ch.newBuilder().map(Map.of("task", client.getLocalNodeId() + ":" + id))));
        };
    }

    private static RestStatus status(BulkByPaginatedSearchResponse done) {
        return done.getBulkFailures().isEmpty() ? RestStatus.OK : done.getBulkFailures().get(0).getStatus();
    }
}
