"""Takes a backup, watches it, compares it with the cluster, and deletes backups that are no longer kept."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from components.elasticsearch.backups.contents import (
    Contents,
    Count,
    count_documents,
    count_generation,
    read_contents,
    read_generations,
)
from components.elasticsearch.backups.repository import (
    REPOSITORY,
    UNDER_WAY,
    Backup,
    delete_backup,
    open_repository,
    read_backup,
    read_backups,
)
from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import BackupError, RefusedError
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.identity import MANAGED_BY, canonical
from components.say import Say

FORMAT = 1
"""Of the metadata; a later version reads this one's."""

LARGEST_METADATA = 900
"""Bytes; Elasticsearch takes 1024, counted in a form of its own."""

POLL_SECONDS = 0.5
SECONDS_BETWEEN_LINES = 5.0
NAME_IN_USE = ("snapshot_name_already_in_use_exception", "invalid_snapshot_name_exception")
MEGABYTE = 1_000_000


def take_backup(
    client: Requests,
    alias: str,
    *,
    keep: int,
    say: Say,
    siblings: Sequence[str] = (),
    alone: bool = False,
) -> Backup:
    """Back up all indices that people could have, and return the backup; `say` gets lines of progress.

    The stack's other indices, whose aliases are `siblings`, have backups of their own; those are taken `alone`, without
    what else there is. Afterwards all but the `keep` newest backups of this alias are deleted. Raises BackupError, or
    another ElasticsearchError, when the backup is not whole: older ones are then all kept.
    """
    open_repository(client)
    live = read_live(client, alias)
    current = _require_complete(alias, live)
    if alone:
        contents = read_generations(alias, live, current.index)
    else:
        contents = read_contents(client, live, current.index, siblings)
    ours, others = _count(client, contents)
    name = f"{alias}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    say(f"{name}: backing up {ours.documents:,} documents of {alias}, {others:,} of other indices")
    if contents.closed:
        say(f"closed, so backed up without being counted: {', '.join(contents.closed)}")
    metadata = _metadata(alias, current, ours, others, say)
    _begin(client, name, contents, metadata)
    backup = _watch(client, name, say)
    _require_whole(backup, contents)
    _tell_changes(client, contents, ours, others, say)
    prune(client, alias, keep, say)
    return backup


def prune(client: Requests, alias: str, keep: int, say: Say) -> None:
    """Delete all but the `keep` newest whole backups of an alias, and those before the newest that are not whole."""
    backups = [one for one in read_backups(client) if one.alias == alias]
    whole = [one for one in backups if one.whole]
    broken = [
        one for one in backups if not one.whole and one.state != UNDER_WAY and one.started < whole[0].started
    ]
    for one in (*whole[keep:], *broken):
        delete_backup(client, one.name)
        say(
            f"deleted {one.name}, since {keep} are kept" if one.whole else f"deleted {one.name} ({one.state})"
        )


def _require_complete(alias: str, live: LiveIndex) -> Generation:
    current = live.current
    if current is None or current.identity is None:
        raise BackupError(f"{alias} leads to no index of this project's: run `pulumi up` first.")
    if current.migration:
        raise BackupError(
            f"{current.index} is in the last steps of a migration, which a backup of now would keep half done. "
            "Run `pulumi up` first."
        )
    return current


def _metadata(alias: str, current: Generation, ours: Count, others: int, say: Say) -> dict[str, Any]:
    noted: dict[str, Any] = {
        "managed_by": MANAGED_BY,
        "format": FORMAT,
        "alias": alias,
        "generation": current.index,
        "identity": current.identity.as_dict() if current.identity else {},
        "documents": ours.documents,
        "written": ours.written,
        "others": others,
    }
    aliases = {name: options for name, options in current.aliases.items() if name != alias}
    if not aliases:
        return noted
    if len(canonical({**noted, "aliases": aliases}).encode()) <= LARGEST_METADATA:
        return {**noted, "aliases": aliases}
    say(
        f"not in the backup, since they are too long: the other aliases of {current.index} ({json.dumps(aliases)})"
    )
    return noted


def _begin(client: Requests, name: str, contents: Contents, metadata: Mapping[str, Any]) -> None:
    body = {
        "indices": list(contents.names),
        "include_global_state": False,
        "feature_states": ["none"],
        "metadata": dict(metadata),
    }
    try:
        client.request("PUT", f"/_snapshot/{REPOSITORY}/{name}", body, timeout=300)
    except RefusedError as error:
        # The request was sent twice, since its first answer was lost.
        if error.kind not in NAME_IN_USE:
            raise


def _watch(client: Requests, name: str, say: Say) -> Backup:
    told = time.monotonic()
    while True:
        try:
            backup = read_backup(client, name)
        except BackupError as error:
            raise BackupError(
                f"The backup {name} is gone: the node was restarted in the middle of it, or somebody deleted it. "
                "Run the command again."
            ) from error
        if backup.state != UNDER_WAY:
            return backup
        if time.monotonic() - told > SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            for status in (client.find(f"/_snapshot/{REPOSITORY}/{name}/_status") or {}).get("snapshots", []):
                say(_progress(name, status))
        time.sleep(POLL_SECONDS)


def _progress(name: str, status: Mapping[str, Any]) -> str:
    shards, stats = status["shards_stats"], status["stats"]
    new = int(stats.get("incremental", {}).get("size_in_bytes", 0))
    done = int(stats.get("processed", stats.get("incremental", {})).get("size_in_bytes", 0))
    return (
        f"{name}: {shards['done']} of {shards['total']} shards, {done / MEGABYTE:,.1f} of {new / MEGABYTE:,.1f} MB "
        "that no earlier backup has"
    )


def _require_whole(backup: Backup, contents: Contents) -> None:
    missing = sorted(set(contents.names) - set(backup.indices))
    if backup.whole and not missing:
        return
    what = "; ".join(backup.failures[:3]) or (
        f"not in it: {', '.join(missing)}" if missing else "no reason given"
    )
    raise BackupError(
        f"The backup {backup.name} is not whole ({backup.state}): {what}. Earlier backups were kept. Look at the "
        "node's log (docker logs) and its free disk space, and run the command again."
    )


def _count(client: Requests, contents: Contents) -> tuple[Count, int]:
    return count_generation(client, contents.generation), count_documents(client, contents.countable)


def _tell_changes(client: Requests, contents: Contents, ours: Count, others: int, say: Say) -> None:
    now, others_now = _count(client, contents)
    if (now, others_now) != (ours, others):
        say(
            f"documents were written meanwhile, and there are {now.documents:,} and {others_now:,} now: the backup "
            "holds of each index what was there when its turn came"
        )
