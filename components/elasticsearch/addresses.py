"""The addresses of the gateway as the Elasticsearch node sees them.

Elasticsearch opens 20 connections to a host for all endpoints together, and documents that are indexed in bulk wait for
one in a queue. So queries have an address under another host name wherever there is one.
"""

from components.elasticsearch.embedding.server import role_url
from components.settings import ElasticsearchSettings


def node_embeddings_url(settings: ElasticsearchSettings, network_url: str, server_port: int) -> str:
    """Return the address of /v1/embeddings as the Elasticsearch node sees it.

    It is the one that is set; else `network_url`, on the stack's network, for the stack's own node; else the
    server's port on the machine whose container engine runs the node.
    """
    if settings.embeddings_url:
        return settings.embeddings_url
    if settings.managed:
        return network_url
    return f"http://host.docker.internal:{server_port}/v1/embeddings"


def node_query_embeddings_url(settings: ElasticsearchSettings, network_url: str, embeddings_url: str) -> str:
    """Return the address for queries as the Elasticsearch node sees it.

    It is the one that is set; else `network_url`, on the stack's network, for the stack's own node; else that of
    `embeddings_url` (of `node_embeddings_url`).
    """
    if settings.query_embeddings_url:
        return settings.query_embeddings_url
    if settings.managed and not settings.embeddings_url:
        return network_url
    return role_url(embeddings_url, "query")
