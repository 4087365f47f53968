"""Reads the state of all parts of a stack, side by side; a part that is down keeps nothing from being read."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from components.elasticsearch.client.client import Client, ClusterPatience, Requests
from components.elasticsearch.cluster import cluster_check
from components.elasticsearch.embedding.server import PATH
from jinactl.errors import CommandError
from jinactl.kernels.reading import of_server
from jinactl.kernels.said import Multiplying
from jinactl.outputs import StackFacts
from jinactl.status.containers import read_containers
from jinactl.status.disk import read_disks
from jinactl.status.gateway import read_gateway
from jinactl.status.index import or_unread, read_index
from jinactl.status.pods import read_pods
from jinactl.status.state import (
    ClusterState,
    ContainerState,
    DiskState,
    IndexState,
    Status,
    Unread,
)

IMPATIENCE = ClusterPatience(limit=0.0, unreachable=0.0, answer=5.0)
"""Somebody looks at a screen: nothing is asked twice, and a cluster that is well answers within milliseconds."""


def read_status(facts: StackFacts, aliases: Sequence[str]) -> Status:
    """Return the state of a stack, and of the indices with these aliases.

    It takes under a second where all is well, and up to half a minute where not.
    """
    with ThreadPoolExecutor(max_workers=3) as side_by_side:
        gateway = side_by_side.submit(
            read_gateway, facts.embedder.url.removesuffix(PATH), facts.embedder.api_key
        )
        containers = side_by_side.submit(_containers, facts)
        multiplying = side_by_side.submit(_multiplying, facts)
        with Client(facts.connection, IMPATIENCE) as client:
            search = read_search(client, facts, aliases)
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
            multiplying=multiplying.result(),
            containers=containers.result(),
            gateway=gateway.result(),
            cluster=search.cluster,
            indices=search.indices,
            disks=search.disks,
        )


def _containers(facts: StackFacts) -> tuple[ContainerState, ...] | Unread:
    return read_pods(facts.cluster) if facts.cluster else read_containers(facts.server_container)


def _multiplying(facts: StackFacts) -> Multiplying | Unread:
    try:
        return of_server(facts)
    except CommandError as error:
        return Unread(str(error))


@dataclass(frozen=True, kw_only=True)
class SearchState:
    """What Elasticsearch tells, each part as in a Status."""

    cluster: ClusterState | Unread
    indices: Mapping[str, IndexState | Unread]
    disks: tuple[DiskState, ...] | Unread


def read_search(client: Requests, facts: StackFacts, aliases: Sequence[str]) -> SearchState:
    """Return what the cluster tells; where it can't be reached, it is asked nothing more."""
    cluster = or_unread(lambda: _cluster(client))
    if isinstance(cluster, Unread):
        return SearchState(cluster=cluster, indices=dict.fromkeys(aliases, cluster), disks=cluster)

    def index(alias: str) -> IndexState:
        return read_index(client, alias, owner=facts.stack_id, backups=bool(facts.backup_volume))

    return SearchState(
        cluster=cluster,
        indices={alias: or_unread(partial(index, alias)) for alias in aliases},
        disks=or_unread(lambda: read_disks(client)),
    )


def _cluster(client: Requests) -> ClusterState:
    live = cluster_check.read_live(client)
    return ClusterState(
        version=live.version,
        license=live.license,
        license_active=live.license_active,
        license_expires=live.license_expires,
    )
