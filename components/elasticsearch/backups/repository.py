"""The snapshot repository in the node's second volume, and the backups in it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import BackupError, NotFoundError, RefusedError
from components.elasticsearch.identity import MANAGED_BY

REPOSITORY = "jina-backups"
LOCATION = "/usr/share/elasticsearch/backups"
"""Where the node has the volume of the backups, and is allowed to write them (`path.repo`)."""

WHOLE, UNDER_WAY = "SUCCESS", "IN_PROGRESS"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A snapshot that this project took.

    `state` is Elasticsearch's, `size` its bytes, `indices` all that is in it, of data streams their names. `metadata`
    is what was noted when it was begun: see taking.py.
    """

    name: str
    state: str
    started: datetime
    size: int
    indices: tuple[str, ...]
    failures: tuple[str, ...]
    metadata: Mapping[str, Any]

    @property
    def whole(self) -> bool:
        """Whether it holds everything that it was meant to hold."""
        return self.state == WHOLE

    @property
    def alias(self) -> str:
        """The alias of the stack's index."""
        return str(self.metadata.get("alias", ""))

    @property
    def generation(self) -> str:
        """The index that the alias pointed to."""
        return str(self.metadata.get("generation", ""))

    @property
    def documents(self) -> int:
        """How many documents that index held when the backup was begun."""
        return int(self.metadata.get("documents", 0))


def open_repository(client: Requests) -> None:
    """Register the repository with the node; doing it again changes nothing.

    It is unregistered first, unless it is in use, because the node would not see files copied there meanwhile.
    Raises BackupError when the node has no volume for it, or cannot write there.
    """
    with suppress(RefusedError):
        client.request("DELETE", f"/_snapshot/{REPOSITORY}")
    body = {"type": "fs", "settings": {"location": LOCATION}}
    try:
        client.request("PUT", f"/_snapshot/{REPOSITORY}", body)
    except RefusedError as error:
        told = f"{error.reason} {' '.join(error.causes)}"
        if "path.repo" in told:
            raise BackupError(
                f"The node has no place for backups: {LOCATION} is not in its path.repo. `pulumi up` gives it a "
                "volume there."
            ) from error
        raise BackupError(
            f"The node cannot write backups to {LOCATION} ({told.strip()}). The volume there must belong to user 1000: "
            "`pulumi up` sees to that; if the backups were copied there by hand, give them to that user "
            "(chown -R 1000:0)."
        ) from error


def read_backups(client: Requests) -> list[Backup]:
    """Return the backups that this project took, the newest first; snapshots of others in there are left alone."""
    path = f"/_snapshot/{REPOSITORY}/*"
    found = client.request("GET", path, query={"index_details": "true"}, timeout=300)["snapshots"]
    backups = [_backup(one) for one in found if _is_ours(one)]
    return sorted(backups, key=lambda one: (one.started, one.name), reverse=True)


def read_backup(client: Requests, name: str) -> Backup:
    """Return one backup; raises BackupError when there is none of that name that this project took."""
    try:
        path = f"/_snapshot/{REPOSITORY}/{name}"
        found = client.request("GET", path, query={"index_details": "true"}, timeout=300)["snapshots"]
    except NotFoundError:
        found = []
    backup = next((_backup(one) for one in found if one["snapshot"] == name and _is_ours(one)), None)
    if backup is None:
        raise BackupError(f"There is no backup {name}. `jinactl backup --list` shows those that are there.")
    return backup


def delete_backup(client: Requests, name: str) -> None:
    """Delete a backup; files that other backups share stay."""
    try:
        client.request("DELETE", f"/_snapshot/{REPOSITORY}/{name}", timeout=600)
    except NotFoundError:
        return


def _is_ours(found: Mapping[str, Any]) -> bool:
    return (found.get("metadata") or {}).get("managed_by") == MANAGED_BY


def _backup(found: Mapping[str, Any]) -> Backup:
    details = found.get("index_details") or {}
    return Backup(
        name=str(found["snapshot"]),
        state=str(found.get("state", "")),
        started=datetime.fromtimestamp(int(found.get("start_time_in_millis", 0)) / 1000, UTC),
        size=sum(int(one.get("size_in_bytes", 0)) for one in details.values()),
        indices=tuple(sorted((*_without_backing(found), *found.get("data_streams", [])))),
        failures=tuple(f"{one.get('index')}: {one.get('reason')}" for one in found.get("failures", [])),
        metadata=found.get("metadata") or {},
    )


def _without_backing(found: Mapping[str, Any]) -> list[str]:
    """Return the indices of a snapshot without those behind its data streams, which come with these."""
    if not found.get("data_streams"):
        return list(found.get("indices", []))
    return [one for one in found.get("indices", []) if not one.startswith((".ds-", ".fs-"))]
