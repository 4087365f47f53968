package standin.common;

import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.xcontent.XContentBuilder;
import standin.security.Caller;

import java.util.List;
import java.util.function.Supplier;

/** Stand-in for the rest-root module: GET / and HEAD /, with the real version numbers of the server jar. */
public final class RootApi extends BaseRestHandler {
    private final Supplier<ClusterService> cluster;

    public RootApi(Supplier<ClusterService> cluster) {
        this.cluster = cluster;
    }

    @Override
    public String getName() {
        return "standin_root";
    }

    @Override
    public List<Route> routes() {
        return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
    }

    @Override
    protected RestChannelConsumer prepareRequest(RestRequest r, NodeClient client) {
        Caller.require(client.threadPool().getThreadContext(), "cluster:monitor/main");
        return ch -> {
            ClusterService c = cluster.get();
            Build b = Build.current();
            XContentBuilder x = ch.newBuilder().prettyPrint().startObject();
            x.field("name", c.getNodeName()).field("cluster_name", c.getClusterName().value()).field("cluster_uuid", c.state().metadata().clusterUUID());
            x.startObject("version").field("number", b.qualifiedVersion()).field("build_flavor", b.flavor()).field("build_type", b.type().displayName())
                .field("build_hash", b.hash()).field("build_date", b.date()).field("build_snapshot", b.isSnapshot())
                .field("lucene_version", IndexVersion.current().luceneVersion().toString())
                .field("minimum_wire_compatibility_version", b.minWireCompatVersion())
                .field("minimum_index_compatibility_version", b.minIndexCompatVersion()).endObject();
            ch.sendResponse(new RestResponse(RestStatus.OK, x.field("tagline", "You Know, for Search").endObject()));
        };
    }
}
