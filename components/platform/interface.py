"""What a platform gives: the model, Elasticsearch, the gateway, and the servers behind it.

Each platform has components of its own that are these, so the program and the outputs read them alike.
"""

from collections.abc import Sequence
from typing import Protocol

import pulumi

from components.elasticsearch.inputs import ConnectionInputs


class Model(pulumi.ComponentResource):
    """A verified model file.

    `path` is where the platform has it; `sha256` the digest of its content in lower-case hexadecimal; `revision` the
    commit that it comes from, also where the setting names a branch. A branch is looked up once. When it moves, nothing
    changes by itself: `pulumi refresh` reports the move, and `upstream_commit` is then the commit to set as
    modelRevision to take the new file. It is empty while the file upstream is the same.
    """

    path: pulumi.Output[str]
    sha256: pulumi.Output[str]
    revision: pulumi.Output[str]
    upstream_commit: pulumi.Output[str]


class Image(pulumi.ComponentResource):
    """An image with llama-server; `image_id` changes exactly when its content does.

    `commit` is the commit of llama.cpp that it is built from, also if the setting names a branch. A branch is looked up
    when it is set; when it moves, nothing changes by itself: `pulumi refresh` reports the move, and `upstream_commit`
    is then the commit to set as llamaCppRef. Both are empty for a prebuilt image.
    """

    image_id: pulumi.Output[str]
    commit: pulumi.Output[str]
    upstream_commit: pulumi.Output[str]


class SearchCluster(pulumi.ComponentResource):
    """The Elasticsearch cluster: a node of the stack's own when no address is set, else the one that is there already.

    `connection` is how this machine reaches it; `volume` and `backup_volume` name what holds the own node's data, empty
    where there is none.
    """

    connection: ConnectionInputs
    url: str
    volume: pulumi.Output[str]
    backup_volume: pulumi.Output[str]


class Gateway(pulumi.ComponentResource):
    """The gateway in front of the servers: the one address that people and Elasticsearch know.

    `url`, and the three addresses after it, are where this machine reaches it; `query_embeddings_url` and
    `document_embeddings_url` put the model's prefix before each text. An Elasticsearch node of the stack's own reaches
    it at the addresses of the network, any other at the outside ones. Queries have a host name of their own, since
    Elasticsearch opens 20 connections to a host and documents may take all of them;
    `outside_query_embeddings_url` is empty where they have none. Until the first server has proved itself the gateway
    tells clients to come again.
    """

    url: str
    embeddings_url: str
    query_embeddings_url: str
    document_embeddings_url: str
    network_embeddings_url: str
    network_query_embeddings_url: str
    outside_embeddings_url: str
    outside_query_embeddings_url: str


class Servers(pulumi.ComponentResource):
    """llama-server behind the gateway: one for each lane over the same model file, or one for both.

    `container_name` and `query_container_name` are what the platform calls the servers for documents and for queries,
    the same with one lane; `checked` resolves, to what was seen, once each has answered where people ask it with an
    embedding that is right.
    """

    container_name: pulumi.Output[str]
    query_container_name: pulumi.Output[str]
    checked: pulumi.Output[str]


class Platform(Protocol):
    """Declares the parts of a stack on what it runs on: each once, the gateway before the servers.

    `engine_id` is the Docker engine's id, and `namespace` the one in the cluster: each is empty on the other platform.
    """

    engine_id: pulumi.Output[str]
    namespace: str
    image: Image

    def model(self) -> Model:
        """Declare the model file."""

    def elasticsearch(self) -> SearchCluster:
        """Declare a node of the stack's own, unless the settings name a cluster."""

    def gateway(self) -> Gateway:
        """Declare the gateway, which needs no server yet."""

    def servers(self, model: Model, after: Sequence[pulumi.Resource]) -> Servers:
        """Declare the servers behind the gateway; they change only after `after`."""

    def guard(self, after: Sequence[pulumi.Resource]) -> None:
        """Refuse a destruction elsewhere than where the stack was made; nothing else depends on `after`."""
