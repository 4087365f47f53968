"""Backs up, and restores, what the stack's own Elasticsearch node holds."""

from collections.abc import Iterator, Sequence
from typing import Any

from components.elasticsearch.backups.handover import Target
from components.elasticsearch.backups.repository import Backup, open_repository, read_backup, read_backups
from components.elasticsearch.backups.restoring import restore_backup
from components.elasticsearch.backups.taking import take_backup
from components.elasticsearch.client.client import Client
from components.errors import StackError
from components.say import Say
from jinactl.errors import CommandError
from jinactl.outputs import ASK, StackFacts

MEGABYTE = 1_000_000


def back_up(facts: StackFacts, aliases: Sequence[str], keep: int, say: Say) -> Iterator[Backup]:
    """Take a backup for each index of `aliases`, and yield each when it is taken; keep the newest `keep` of each.

    That of the first index also holds whatever else people have on the node. `say` gets progress lines. Raises
    StackError when one is incomplete.
    """
    _require_own_node(facts)
    first, *siblings = facts.indices
    with Client(facts.connection) as client:
        for alias in aliases:
            backup = take_backup(client, alias, keep=keep, say=say, siblings=siblings, alone=alias != first)
            say(f"{backup.name} is whole: {backup.documents:,} documents of {alias}, {_shown_size(backup)}")
            yield backup


def read_all(facts: StackFacts) -> list[Backup]:
    """Return the backups that there are, the newest first."""
    _require_own_node(facts)
    with Client(facts.connection) as client:
        open_repository(client)
        return read_backups(client)


def restore(facts: StackFacts, name: str, say: Say) -> tuple[Backup, str]:
    """Restore a backup, the newest whole one unless another is named; return it and the index behind the alias now.

    Raises StackError where that loses something.
    """
    _require_own_node(facts)
    if not facts.stack_id:
        raise CommandError(f"The outputs have no stackId: run `pulumi up`, and write them anew with {ASK}.")
    target = Target(
        alias=facts.index,
        owner=facts.stack_id,
        pipeline_id="" if facts.embeds_in_client else facts.pipeline_id,
        inference_id=facts.inference_id,
        siblings=[one for one in facts.indices if one != facts.index],
    )
    with Client(facts.connection) as client:
        open_repository(client)
        backup = read_backup(client, name) if name else _newest(read_backups(client), facts.index)
        try:
            restored = restore_backup(client, target, backup, say)
        except StackError:
            say("not finished; the command can be run again: it goes on, or begins anew")
            raise
        backups = read_backups(client) if target.siblings else []
    say(
        f"{facts.index} leads to {restored} now. Run `pulumi up --refresh` next: it brings the index to the stack's "
        "settings, and embeds again what was embedded otherwise."
    )
    for alias in target.siblings:
        if any(one.alias == alias and one.whole for one in backups):
            say(f"{alias} has backups of its own: jinactl restore --index {alias}")
    return backup, restored


def _newest(backups: list[Backup], alias: str) -> Backup:
    whole = [one for one in backups if one.whole]
    found = next((one for one in whole if one.alias == alias), None)
    if found is None:
        others = ", ".join(one.name for one in whole)
        raise CommandError(
            f"There is no whole backup of {alias}. "
            + (f"Of other indices there are {others}: name one with --snapshot." if others else "")
            + ("" if others else "Copy some into the volume of backups, or take one with `jinactl backup`.")
        )
    return found


def _require_own_node(facts: StackFacts) -> None:
    if not facts.backup_volume:
        raise CommandError(
            "The outputs name no volume of backups (elasticsearchBackupVolume). With a node of the stack's own, "
            f"`pulumi up` makes one: then write the outputs anew with {ASK}. Another cluster is backed up by its own "
            "means: a snapshot repository and a snapshot policy (PUT /_slm/policy/...)."
        )


def as_dict(backup: Backup) -> dict[str, Any]:
    """Return what is known of a backup as plain values for programs; `bytes` is what it would take by itself."""
    return {
        "name": backup.name,
        "started": backup.started.isoformat(timespec="seconds"),
        "state": backup.state,
        "whole": backup.whole,
        "index": backup.alias,
        "documents": backup.documents,
        "bytes": backup.size,
        "identity": backup.metadata.get("identity", {}),
    }


def line(backup: Backup) -> str:
    """Return what is known of a backup in a line for people."""
    identity = backup.metadata.get("identity", {})
    made = f"{identity.get('model')} {identity.get('quant')} {identity.get('dims')} dims"
    state = "" if backup.whole else f"  {backup.state}"
    return (
        f"{backup.name}  {backup.started:%Y-%m-%d %H:%M:%S} UTC  {backup.documents:,} documents of {backup.alias}  "
        f"{_shown_size(backup)}  {made}{state}"
    )


def _shown_size(backup: Backup) -> str:
    return f"{backup.size / MEGABYTE:,.1f} MB"
