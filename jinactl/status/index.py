"""The stack's index: what its alias leads to, the generations beside it, their documents and embeddings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from components.elasticsearch.backups.repository import read_backups
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.staleness import tally
from components.elasticsearch.errors import (
    LicenseError,
    NotFoundError,
    PrivilegeError,
    RefusedError,
    UnavailableError,
    UnreadableIdentityError,
)
from components.elasticsearch.fields import VECTOR
from components.elasticsearch.generations.index import meta_of
from components.elasticsearch.generations.live_index import EVERY_STATE
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import is_managed, owner_of
from components.errors import StackError
from jinactl.status.state import BackupState, EmbeddingsState, GenerationState, IndexState, Role, Unread

LOOKED_AT = 10_000
"""Documents that are looked at for stale embeddings: a second or two."""

NOT_ALLOWED = (LicenseError, PrivilegeError)
"""An ended license hides health and sizes, and so does a key that may not monitor: the documents are there."""

State = TypeVar("State")

ORDER: tuple[Role, ...] = ("live", "in migration", "kept")


def read_index(client: Requests, alias: str, *, owner: str, backups: bool) -> IndexState:
    """Return what is behind the alias, and what the stack `owner` has beside it; raises an ElasticsearchError.

    `backups` says that the node is the stack's own, which has backups. Nothing waits for shards that are not there:
    their documents are not counted then, and the health says so.
    """
    behind = client.find(f"/{alias}", query=EVERY_STATE) or {}
    made = client.find(f"/{alias}-*", query=EVERY_STATE) or {}
    beside = {name: body for name, body in made.items() if _is_of(meta_of(body), alias, owner)}
    found = [_generation(client, alias, name, body) for name, body in sorted({**beside, **behind}.items())]
    found.sort(key=lambda one: ORDER.index(one.role))
    return IndexState(
        health=_health(client, alias) if behind else "",
        generations=tuple(found),
        embeddings=or_unread(lambda: _embeddings(client, list(behind))),
        backup=or_unread(lambda: _backup(client, alias)) if backups else None,
    )


def or_unread(read: Callable[[], State]) -> State | Unread:
    """Return what is read, or why it could not be."""
    try:
        return read()
    except StackError as error:
        return Unread(" ".join(str(error).split()))


def _is_of(meta: Mapping[str, Any], alias: str, owner: str) -> bool:
    # Another stack may have made some for an alias of that name. The outputs of an earlier version name no owner.
    return meta.get("alias") == alias and (not owner or owner_of(meta) in ("", owner))


def _embeddings(client: Requests, names: Sequence[str]) -> EmbeddingsState:
    tallies = [tally(client, name, LOOKED_AT) for name in names]
    return EmbeddingsState(
        stale=sum(one.stale for one in tallies),
        without=sum(one.without for one in tallies),
        whole=all(one.whole for one in tallies),
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


def _generation(client: Requests, alias: str, name: str, body: Mapping[str, Any]) -> GenerationState:
    meta, settings = meta_of(body), body.get("settings", {}).get("index", {})
    vector = body.get("mappings", {}).get("properties", {}).get(VECTOR, {})
    closed = str(settings.get("verified_before_close", "")) == "true"
    return GenerationState(
        name=name,
        role=_role(alias, name, meta, body),
        documents=None if closed else _documents(client, name),
        bytes=0 if closed else _bytes(client, name),
        dims=int(vector.get("dims", 0)),
        identity=_shown_identity(meta, name),
        closed=closed,
        blocks=tuple(sorted(key for key, on in settings.get("blocks", {}).items() if str(on) == "true")),
    )


def _role(alias: str, name: str, meta: Mapping[str, Any], body: Mapping[str, Any]) -> Role:
    if name == alias or alias in body.get("aliases", {}):
        return "live"
    return "in migration" if meta.get("migration") and not meta.get("retired") else "kept"


def _shown_identity(meta: Mapping[str, Any], name: str) -> str:
    if not is_managed(meta):
        return ""
    try:
        identity = Identity.from_meta(meta, name)
    except UnreadableIdentityError:
        return ""
    return f"{identity.model} {identity.quant}"


def _documents(client: Requests, name: str) -> int | None:
    """Return the documents of an index, None where they can't be counted now."""
    try:
        counted = client.request("GET", f"/{name}/_count")
    except (RefusedError, UnavailableError):
        return None
    return None if counted.get("_shards", {}).get("failed") else int(counted.get("count", 0))


def _bytes(client: Requests, name: str) -> int:
    try:
        stored = client.request("GET", f"/{name}/_stats/store")
    except (RefusedError, UnavailableError, *NOT_ALLOWED):
        return 0
    return int(stored.get("_all", {}).get("total", {}).get("store", {}).get("size_in_bytes", 0))


def _health(client: Requests, alias: str) -> str:
    try:
        return str(client.request("GET", f"/_cluster/health/{alias}").get("status", ""))
    except NOT_ALLOWED:
        return ""
