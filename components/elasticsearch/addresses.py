"""The addresses of the gateway as the Elasticsearch node sees them.

Elasticsearch opens 20 connections to a host for all endpoints together, and documents that are indexed in bulk wait for
one in a queue. So queries have an address under another host name wherever there is one.
"""

from components.elasticsearch.embedding.server import role_url
from components.platform.interface import Gateway
from components.settings import ElasticsearchSettings


def node_embeddings_url(settings: ElasticsearchSettings, gateway: Gateway) -> str:
    """Return the address of /v1/embeddings as the node sees it: the one that is set, else the gateway's."""
    if settings.embeddings_url:
        return settings.embeddings_url
    return gateway.network_embeddings_url if settings.managed else gateway.outside_embeddings_url


def node_query_embeddings_url(settings: ElasticsearchSettings, gateway: Gateway) -> str:
    """Return the address for queries as the Elasticsearch node sees it.

    It is the one that is set, else one made from the other that is set, else the gateway's, under a host name of its
    own where there is one.
    """
    if settings.query_embeddings_url:
        return settings.query_embeddings_url
    own = gateway.network_query_embeddings_url if settings.managed else gateway.outside_query_embeddings_url
    if own and not settings.embeddings_url:
        return own
    return role_url(node_embeddings_url(settings, gateway), "query")
