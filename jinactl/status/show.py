"""The state of a stack as lines for one screen, and as one object of JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from components.kubernetes.address import ServiceAddress
from jinactl.status.state import (
    BackupState,
    ContainerState,
    DiskState,
    EmbeddingsState,
    GenerationState,
    LaneState,
    Status,
    Unread,
)
from jinactl.status.verdict import Part, Trouble, search_works, troubles

Mark = Literal["ok", "look", "down", "?"]
"""All well; something to look at; something that a search needs is down; not known."""

GIGABYTE, MEGABYTE = 1_000_000_000, 1_000_000
COMMIT_SHOWN = 12


@dataclass(frozen=True)
class Line:
    """One line of the screen: a mark, what it is about, and what there is to say."""

    mark: Mark
    name: str
    text: str


def lines(status: Status) -> list[Line]:
    """Return the screen."""
    found = troubles(status)
    return [
        _first(status, found),
        _model(status),
        _kernels(status, found),
        *_gateway(status, found),
        *_elasticsearch(status, found),
        *(one for alias in status.indices for one in _index(status, alias, found)),
        *_disks(status, found),
        *_containers(status, found),
    ]


def as_json(status: Status) -> dict[str, Any]:
    """Return everything as plain values; a part that could not be read is an object with `unread`, which says why."""
    told: dict[str, Any] = {
        "search_works": search_works(status),
        "troubles": [asdict(one) for one in troubles(status)],
    }
    for name, value in vars(status).items():
        told[name] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, Unread):
        return {"unread": value.why}
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(one) for name, one in vars(value).items()}
    return value


def _first(status: Status, found: list[Trouble]) -> Line:
    when = f"{status.at:%Y-%m-%d %H:%M:%S} UTC"
    if not search_works(status):
        return Line("down", "search", f"does not work ({when})")
    if found:
        return Line("look", "search", f"works; to look at: {', '.join(_parts(found))} ({when})")
    return Line("ok", "search", f"works ({when})")


def _parts(found: list[Trouble]) -> list[str]:
    return list(dict.fromkeys(one.part for one in found))


def _model(status: Status) -> Line:
    built = f", llama.cpp {status.llama_cpp[:COMMIT_SHOWN]}" if status.llama_cpp else ""
    return Line("ok", "model", f"{status.model} {status.quant}, {status.dims} of {status.width} dims{built}")


def _kernels(status: Status, found: list[Trouble]) -> Line:
    told = status.multiplying
    if isinstance(told, Unread):
        return Line("?", "  kernels", told.why)
    if told.kernels is None:
        return Line("?", "  kernels", told.text)
    return _said(found, "kernels", "", "  kernels", told.text)


def _gateway(status: Status, found: list[Trouble]) -> Iterator[Line]:
    gateway = status.gateway
    if isinstance(gateway, Unread):
        yield Line("down", "gateway", gateway.why)
        return
    refused = sum(gateway.refused.values())
    yield Line("ok", "gateway", f"{gateway.url}{_opened(gateway.url)}, {refused:,} refused since it started")
    for lane in gateway.lanes:
        yield _said(found, "lane", lane.name, f"  lane {lane.name}", _lane(lane))


def _opened(url: str) -> str:
    """Return how other programs of this machine get to an address that only kubectl leads to; else nothing."""
    service = ServiceAddress.from_url(url)
    if service is None:
        return ""
    command = f"{service.kubectl} port-forward service/{service.service} {service.port}"
    return f" (`{command}` opens it at http://127.0.0.1:{service.port})"


def _lane(lane: LaneState) -> str:
    told = [
        (lane.requests, "requests"),
        (lane.texts, "texts being embedded"),
        (lane.waiting, "waiting"),
    ]
    known = [f"{count:,} {what}" for count, what in told if count is not None]
    return ", ".join(known) or "its metrics are not told"


def _elasticsearch(status: Status, found: list[Trouble]) -> Iterator[Line]:
    cluster = status.cluster
    if isinstance(cluster, Unread):
        yield Line("down", "elasticsearch", cluster.why)
        return
    yield Line("ok", "elasticsearch", f"{cluster.version} at {status.elasticsearch_url}")
    lasts = _lasts(cluster.license_expires, status.at)
    yield _said(found, "license", "", "  license", f"{cluster.license}{lasts}")


def _lasts(expires: str, now: datetime) -> str:
    if not expires:
        return ", without an end"
    left = max(datetime.fromisoformat(expires) - now, timedelta(0))
    return f", {left.days} days left" if left else ", ended"


def _index(status: Status, alias: str, found: list[Trouble]) -> Iterator[Line]:
    index = status.indices[alias]
    if isinstance(index, Unread):
        if not isinstance(status.cluster, Unread):
            yield Line("down", "index", f"{alias}: {index.why}")
        return
    health = f", {index.health}" if index.health else ""
    yield _said(found, "index", alias, "index", f"{alias}: {index.documents:,} documents{health}")
    for one in index.generations:
        yield _said(found, "index", one.name, f"  {one.role}", _generation(one))
    yield _embeddings(alias, index.embeddings, found)
    if status.own_node:
        yield _backup(status.at, alias, index.backup, found)


def _generation(one: GenerationState) -> str:
    counted = "documents not counted" if one.documents is None else f"{one.documents:,} documents"
    made = f", {one.identity} {one.dims} dims" if one.identity else ""
    return f"{one.name}: {counted}, {_size(one.bytes)}{made}"


def _embeddings(alias: str, embeddings: EmbeddingsState | Unread, found: list[Trouble]) -> Line:
    if isinstance(embeddings, Unread):
        return Line("?", "  embeddings", embeddings.why)
    among = "" if embeddings.whole else ", among those looked at"
    wrong = [one.text for one in found if (one.part, one.subject) == ("embeddings", alias)]
    return Line("look" if wrong else "ok", "  embeddings", "; ".join(wrong) or f"none is stale{among}")


def _disks(status: Status, found: list[Trouble]) -> Iterator[Line]:
    if isinstance(status.disks, Unread):
        if not isinstance(status.cluster, Unread):
            yield Line("?", "disk", status.disks.why)
        return
    for disk in status.disks:
        yield _said(found, "disk", disk.node, "disk", _disk(disk))


def _disk(disk: DiskState) -> str:
    return (
        f"{_size(disk.free)} free of {_size(disk.total)} on {disk.node}; "
        f"watermarks at {_size(disk.low)}, {_size(disk.high)}, {_size(disk.flood)} free"
    )


def _backup(now: datetime, alias: str, backup: BackupState | Unread | None, found: list[Trouble]) -> Line:
    if isinstance(backup, Unread):
        return Line("?", "  backup", backup.why)
    if backup is None:
        return Line("ok", "  backup", "there is none yet: `jinactl backup` takes one")
    days = (now - backup.started).days
    ago = f"{days} days ago" if days > 1 else f"{backup.started:%Y-%m-%d %H:%M} UTC"
    return _said(found, "backup", alias, "  backup", f"{backup.name}: {backup.documents:,} documents, {ago}")


def _containers(status: Status, found: list[Trouble]) -> Iterator[Line]:
    if isinstance(status.containers, Unread):
        yield Line("?", "containers", status.containers.why)
        return
    for number, one in enumerate(status.containers):
        yield _said(found, "containers", one.name, "" if number else "containers", _container(one))


def _container(one: ContainerState) -> str:
    health = f", {one.health}" if one.health else ""
    restarts = f", started again {one.restarts} times" if one.restarts else ""
    return f"{one.name}: {one.status}{health}{restarts}"


def _said(found: list[Trouble], part: Part, subject: str, name: str, text: str) -> Line:
    """Return a line with what is wrong with its part, if anything is."""
    wrong = [one for one in found if (one.part, one.subject) == (part, subject)]
    down = any(one.stops_search for one in wrong)
    mark: Mark = "down" if down else "look" if wrong else "ok"
    return Line(mark, name, "; ".join([text, *(one.text for one in wrong)]))


def _size(size: int) -> str:
    return f"{size / GIGABYTE:,.1f} GB" if size >= GIGABYTE else f"{size / MEGABYTE:,.1f} MB"
