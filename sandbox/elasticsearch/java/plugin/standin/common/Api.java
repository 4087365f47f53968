package standin.common;

import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.ContextPreservingActionListener;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.rest.action.RestResponseListener;
import org.elasticsearch.xcontent.XContentParser;
import standin.security.Caller;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A REST endpoint of the stand-ins in one line: the action that the caller must be allowed, routes, the parameters it knows (others are
 * refused by the server) and a function.
 * It runs off the network threads. Not a stand-in itself: only plumbing on the server's own BaseRestHandler.
 */
public final class Api extends BaseRestHandler {
    public record Reply(RestStatus status, Object body) {
        public static Reply ok(Object body) {
            return new Reply(RestStatus.OK, body);
        }
    }

    public record Call(Map<String, String> params, Map<String, Object> body, Caller caller) {
        public String param(String name) {
            return params.get(name);
        }

        public boolean flag(String name) {
            String v = params.get(name);
            return v != null && v.equals("false") == false;
        }
    }

    public interface Handler {
        void handle(Call call, ActionListener<Reply> listener) throws Exception;
    }

    public interface Plain {
        Reply handle(Call call) throws Exception;
    }

    private final String action;
    private final List<Route> routes;
    private final List<String> known;
    private final Handler handler;

    private Api(String action, List<Route> routes, List<String> known, Handler handler) {
        this.action = action;
        this.routes = routes;
        this.known = known;
        this.handler = handler;
    }

    /** routes: "PUT /a/{id}", separated by commas; params: every path and query parameter, separated by spaces. */
    public static Api async(String action, String routes, String params, Handler handler) {
        List<Route> rs = Arrays.stream(routes.split(", *")).map(r -> r.split(" "))
            .map(r -> new Route(RestRequest.Method.valueOf(r[0]), r[1])).toList();
        return new Api(action, rs, Arrays.asList((params + " timeout master_timeout human").trim().split(" +")), handler);
    }

    public static Api plain(String action, String routes, String params, Plain handler) {
        return async(action, routes, params, (c, l) -> l.onResponse(handler.handle(c)));
    }

    @Override
    public String getName() {
        return action;
    }

    @Override
    public List<Route> routes() {
        return routes;
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest r, NodeClient client) throws IOException {
        Caller caller = Caller.require(client.threadPool().getThreadContext(), action);
        Map<String, String> params = new HashMap<>();
        for (String p : known) if (r.hasParam(p)) params.put(p, r.param(p));
        Map<String, Object> body = new HashMap<>();
        if (r.hasContent()) {
            try (XContentParser p = r.contentParser()) {
                body = p.mapOrdered();
            }
        }
        Call call = new Call(params, body, caller);
        return channel -> client.threadPool().generic().execute(() -> {
            ActionListener<Reply> responding = new RestResponseListener<>(channel) {
                @Override
                public RestResponse buildResponse(Reply reply) throws IOException {
                    return new RestResponse(reply.status(), channel.newBuilder().value(reply.body()));
                }
            };
            // A reply that comes on another thread still needs the headers of this one, X-Elastic-Product among them.
            ActionListener<Reply> listener = ContextPreservingActionListener.wrapPreservingContext(responding, client.threadPool().getThreadContext());
            try {
                handler.handle(call, listener);
            } catch (Exception e) {
                listener.onFailure(e);
            }
        });
    }
}
