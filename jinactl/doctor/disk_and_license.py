"""Looks at the disk of Elasticsearch, and at its license."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.license import SOON, START_BASIC
from components.elasticsearch.cluster.cluster_check import LiveCluster
from components.elasticsearch.errors import ElasticsearchError
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError, Check, Finding
from jinactl.status.disk import read_disks
from jinactl.status.state import DiskState

CLIENT = "pulumi config set elasticsearchEmbedding client && pulumi up"


@dataclass(frozen=True, kw_only=True)
class UpkeepReading:
    """The license, and the disk of each node; `disks` is None where the credentials may not see them."""

    declared: Declared
    live: LiveCluster
    disks: tuple[DiskState, ...] | None
    now: datetime


def read_upkeep(client: Requests, declared: Declared, live: LiveCluster) -> UpkeepReading:
    """Read the disks; of the license `live` tells."""
    return UpkeepReading(declared=declared, live=live, disks=_disks(client), now=datetime.now(UTC))


def _disks(client: Requests) -> tuple[DiskState, ...] | None:
    try:
        return read_disks(client)
    except ElasticsearchError:
        return None


def _disk_full(upkeep: UpkeepReading) -> Iterator[Finding]:
    for disk in _seen(upkeep):
        if disk.free < disk.flood:
            yield _short_of_room(upkeep, disk, disk.flood, "Elasticsearch closes its indices to writers")


def _disk_filling(upkeep: UpkeepReading) -> Iterator[Finding]:
    for disk in _seen(upkeep):
        if disk.flood <= disk.free < max(disk.low, disk.high):
            wanted = disk.high if disk.free < disk.high else disk.low
            yield _short_of_room(upkeep, disk, wanted, "Elasticsearch puts no new index there")


def _seen(upkeep: UpkeepReading) -> tuple[DiskState, ...]:
    if upkeep.disks is None:
        raise CannotLookError("the stack's credentials may not see the nodes' disks")
    return upkeep.disks


def _short_of_room(upkeep: UpkeepReading, disk: DiskState, wanted: int, so: str) -> Finding:
    on_docker = upkeep.declared.node_volume and not upkeep.declared.kubectl
    shows = " (`docker system df` shows what takes it)" if on_docker else ""
    return Finding(
        what=f"the disk of node {disk.node} has {_shown(disk.free)} free of {_shown(disk.total)}, and its watermark is "
        f"{_shown(wanted)}: {so}",
        remedy=f"make room on it{shows}; Elasticsearch then goes on by itself",
    )


def _shown(size: int) -> str:
    return f"{size / 2**30:,.1f} GB"


def _license_ended(upkeep: UpkeepReading) -> Iterator[Finding]:
    if upkeep.live.expired:
        yield Finding(
            what=f"the {upkeep.live.license} license of Elasticsearch ended on {_day(upkeep.live)}",
            remedy=_way_out(upkeep),
        )


def _license_ending(upkeep: UpkeepReading) -> Iterator[Finding]:
    live = upkeep.live
    if live.expired or not live.license_expires:
        return
    left = datetime.fromisoformat(live.license_expires) - upkeep.now
    if left <= SOON:
        yield Finding(
            what=f"the {live.license} license of Elasticsearch ends on {_day(live)}, in {max(left.days, 0)} days",
            remedy=_way_out(upkeep),
        )


def _no_inference(upkeep: UpkeepReading) -> Iterator[Finding]:
    live = upkeep.live
    if not upkeep.declared.facts.embeds_in_client and not live.expired and not live.allows_inference:
        yield Finding(
            what=f"the license of Elasticsearch is {live.license}, which does not include inference",
            remedy=f"pulumi config set elasticsearchStartTrial true && pulumi up, or {CLIENT}",
        )


def _day(live: LiveCluster) -> str:
    return live.license_expires.partition("T")[0]


def _way_out(upkeep: UpkeepReading) -> str:
    """Return what mends a license that ends, as components.elasticsearch.client.license tells it at more length."""
    if not upkeep.declared.facts.embeds_in_client:
        return f"{CLIENT} (embeds no document again), or install a license that includes inference"
    if upkeep.declared.node_volume:
        return "pulumi up (starts the Basic license)"
    return f"POST {START_BASIC}?acknowledge=true, or install another license"


CHECKS = (
    Check("disk-full", _disk_full),
    Check("disk-filling", _disk_filling),
    Check("license-ended", _license_ended),
    Check("license-ending", _license_ending),
    Check("license-without-inference", _no_inference),
)
