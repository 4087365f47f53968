"""Reads the state of all parts of a stack, side by side; a part that is down keeps nothing from being read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from components.elasticsearch.backups.repository import read_backups
from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.cluster import cluster_check
from components.elasticsearch.embedding.server import PATH
from components.elasticsearch.errors import ElasticsearchError, NotFoundError
from jinactl.outputs import StackFacts
from jinactl.status.containers import read_containers
from jinactl.status.disk import read_disks
from jinactl.status.gateway import read_gateway
from jinactl.status.index import read_embeddings, read_index
from jinactl.status.requests import IMPATIENCE, QuickRequests
from jinactl.status.state import (
    BackupState,
    ClusterState,
    DiskState,
    EmbeddingsState,
    IndexState,
    Status,
    Unread,
)

State = TypeVar("State")


def read_status(facts: StackFacts) -> Status:
    """Return the state of a stack. Takes under a second where all is well, and up to half a minute where not."""
    with ThreadPoolExecutor(max_workers=3) as side_by_side:
        gateway = side_by_side.submit(
            read_gateway, facts.embedder.url.removesuffix(PATH), facts.embedder.api_key
        )
        containers = side_by_side.submit(read_containers, facts.server_container)
        with Client(facts.connection, IMPATIENCE) as client:
            search = read_search(QuickRequests(client), facts)
        return Status(
            at=datetime.now(UTC),
            model=facts.embedder.model,
            quant=str(facts.identity["quant"]),
            dims=facts.embedder.dims,
            width=int(facts.identity["width"]),
            llama_cpp=facts.llama_cpp_commit,
            embeds_in_client=facts.embeds_in_client,
            own_node=bool(facts.backup_volume),
            elasticsearch_url=facts.connection.shown_url,
            containers=containers.result(),
            gateway=gateway.result(),
            cluster=search.cluster,
            index=search.index,
            embeddings=search.embeddings,
            disks=search.disks,
            backup=search.backup,
        )


@dataclass(frozen=True, kw_only=True)
class SearchState:
    """What Elasticsearch tells, each part as in a Status."""

    cluster: ClusterState | Unread
    index: IndexState | Unread
    embeddings: EmbeddingsState | Unread
    disks: tuple[DiskState, ...] | Unread
    backup: BackupState | Unread | None


def read_search(client: Requests, facts: StackFacts) -> SearchState:
    """Return what the cluster tells; where it can't be reached, it is asked nothing more."""
    cluster = _or_unread(lambda: _cluster(client))
    if isinstance(cluster, Unread):
        return SearchState(cluster=cluster, index=cluster, embeddings=cluster, disks=cluster, backup=cluster)
    return SearchState(
        cluster=cluster,
        index=_or_unread(lambda: read_index(client, facts.index)),
        embeddings=_or_unread(lambda: read_embeddings(client, facts.index)),
        disks=_or_unread(lambda: read_disks(client)),
        backup=_or_unread(lambda: _backup(client, facts.index)) if facts.backup_volume else None,
    )


def _cluster(client: Requests) -> ClusterState:
    live = cluster_check.read_live(client)
    return ClusterState(
        version=live.version,
        license=live.license,
        license_active=live.license_active,
        license_expires=live.license_expires,
    )


def _backup(client: Requests, alias: str) -> BackupState | None:
    try:
        newest = next((one for one in read_backups(client) if one.alias == alias), None)
    except NotFoundError:
        return None  # the repository is made with the first backup
    if newest is None:
        return None
    return BackupState(
        name=newest.name, started=newest.started, documents=newest.documents, whole=newest.whole
    )


def _or_unread(read: Callable[[], State]) -> State | Unread:
    try:
        return read()
    except ElasticsearchError as error:
        return Unread(str(error))
