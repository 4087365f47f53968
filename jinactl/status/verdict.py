"""What of a stack's state is trouble, and which trouble keeps people from searching."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from components.elasticsearch.client.license import remark
from jinactl.kernels.said import Multiplying
from jinactl.status.state import (
    BackupState,
    ClusterState,
    DiskState,
    EmbeddingsState,
    GatewayState,
    IndexState,
    Status,
    Unread,
)

Part = Literal[
    "kernels",
    "gateway",
    "lane",
    "elasticsearch",
    "license",
    "index",
    "embeddings",
    "disk",
    "containers",
    "backup",
]


@dataclass(frozen=True)
class Trouble:
    """Something that is not as it should be, in one sentence; `part` says with what.

    `subject` is the name of the lane, alias, generation, node or container; empty where there is only one of the part.
    `stops_search` says that nobody finds anything by meaning because of it.
    """

    part: Part
    subject: str
    text: str
    stops_search: bool = False


def troubles(status: Status) -> list[Trouble]:
    """Return everything that is not as it should be, part by part."""
    return [
        *_kernels(status.multiplying),
        *_gateway(status.gateway),
        *_cluster(status.cluster, status.at, needs_inference=not status.embeds_in_client),
        *(one for alias, index in status.indices.items() for one in _index(alias, index)),
        *_disks(status.disks),
        *_containers(status),
    ]


def search_works(status: Status) -> bool:
    """Tell whether nothing that a search needs is down."""
    return not any(one.stops_search for one in troubles(status))


def _kernels(multiplying: Multiplying | Unread) -> Iterator[Trouble]:
    if not isinstance(multiplying, Unread) and multiplying.failed:
        yield Trouble(
            "kernels", "", "the server is slower than it could be: `jinactl doctor` tells what mends it"
        )


def _gateway(gateway: GatewayState | Unread) -> Iterator[Trouble]:
    if isinstance(gateway, Unread):
        yield Trouble("gateway", "", gateway.why, stops_search=True)
        return
    for lane in gateway.lanes:
        if not lane.well:
            yield Trouble(
                "lane", lane.name, "its server does not answer", stops_search=lane.name == "queries"
            )


def _cluster(cluster: ClusterState | Unread, now: datetime, *, needs_inference: bool) -> Iterator[Trouble]:
    if isinstance(cluster, Unread):
        yield Trouble("elasticsearch", "", cluster.why, stops_search=True)
        return
    said = remark(cluster.license, cluster.license_expires, now, needs_inference=needs_inference)
    if said is not None and said.severity == "warning":
        yield Trouble("license", "", said.text)


def _index(alias: str, index: IndexState | Unread) -> Iterator[Trouble]:
    if isinstance(index, Unread):
        yield Trouble("index", alias, index.why, stops_search=True)
        return
    if not index.live:
        yield Trouble("index", alias, "there is no index behind it: `pulumi up` makes one", stops_search=True)
    if index.health == "red":
        told = "shards are missing: GET /_cluster/allocation/explain says why"
        yield Trouble("index", alias, told, stops_search=True)
    yield from _live(index)
    yield from _embeddings(alias, index.embeddings)
    if isinstance(index.backup, BackupState) and not index.backup.whole:
        yield Trouble("backup", alias, "the newest backup is not whole")


def _live(index: IndexState) -> Iterator[Trouble]:
    for one in index.live:
        if one.closed:
            yield Trouble("index", one.name, f"closed: POST /{one.name}/_open opens it", stops_search=True)
        elif not one.dims:
            yield Trouble("index", one.name, "has no field for embeddings", stops_search=True)
        elif one.blocks:
            yield Trouble("index", one.name, f"takes no writes ({', '.join(one.blocks)})")


def _embeddings(alias: str, embeddings: EmbeddingsState | Unread) -> Iterator[Trouble]:
    if isinstance(embeddings, Unread):
        return  # its cause is told with the index or the cluster
    least = "" if embeddings.whole else "at least "
    told = [
        (embeddings.stale, "with an embedding of another text than theirs"),
        (embeddings.without, "with a text and no embedding"),
    ]
    for count, what in told:
        if count:
            yield Trouble("embeddings", alias, f"{least}{count:,} documents {what}")


def _disks(disks: tuple[DiskState, ...] | Unread) -> Iterator[Trouble]:
    if isinstance(disks, Unread):
        return
    for disk in disks:
        if disk.free < disk.flood:
            yield Trouble("disk", disk.node, "below the flood stage: Elasticsearch refuses writes")
        elif disk.free < disk.high:
            yield Trouble(
                "disk", disk.node, "below the high watermark: Elasticsearch starts no new index here"
            )
        elif disk.free < disk.low:
            yield Trouble(
                "disk", disk.node, "below the low watermark: Elasticsearch puts no new replica here"
            )


def _containers(status: Status) -> Iterator[Trouble]:
    if isinstance(status.containers, Unread):
        return
    for one in status.containers:
        if one.status != "running":
            yield Trouble("containers", one.name, f"{one.status}: `{one.logs}` says why")
        elif one.health == "unhealthy":
            yield Trouble("containers", one.name, f"unhealthy: `{one.logs}` says why")
