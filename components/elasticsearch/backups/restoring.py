"""Restores a backup into a stack that is up: beside what is there, verified, and only then put behind the alias.

After any interruption the alias leads to what it led to before, or to all that was restored; another run starts
over. What is being restored is noted in the index that the alias points to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from components.elasticsearch.backups import handover, verifying
from components.elasticsearch.backups.contents import Count, count_documents, count_generation
from components.elasticsearch.backups.handover import RESTORED, Target
from components.elasticsearch.backups.repository import REPOSITORY, Backup
from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import BackupError, ConflictError
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation, LiveIndex, alias_of_name
from components.elasticsearch.generations.inventory import is_elasticsearchs
from components.elasticsearch.generations.live_index import read_live
from components.say import Say

NOTE = "restoring"
"""In the `_meta` of the index that the alias points to: the backup, and under which names it is being restored."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names of a backup's indices in this cluster: `generations` by their names in the backup, the alias's included.

    `others` keep their names.
    """

    generation: str
    generations: Mapping[str, str]
    others: tuple[str, ...]

    @property
    def restored(self) -> str:
        """The name here of the generation that the alias pointed to."""
        return self.generations[self.generation]


def restore_backup(client: Requests, target: Target, backup: Backup, say: Say) -> str:
    """Restore everything in a backup, and put its generation behind the alias; return the name of that generation.

    Raises DocumentsAtRiskError when the alias leads to documents that only people can have put there, ConflictError
    when another index of the backup is there already, BackupError when what was restored is not what was backed up:
    the alias then leads to what it led to before.
    """
    if not backup.whole:
        raise BackupError(
            f"The backup {backup.name} is not whole ({backup.state}): choose another (--snapshot)."
        )
    live = read_live(client, target.alias)
    current = _require_index(target.alias, live)
    if current.successor == RESTORED:
        indices.open_to_writers(client, current.index)
        say(f"{current.index} was restored already, and is open to writers again")
        return current.index
    handover.require_replaceable(client, target.alias, current.index)
    note = _clear_interrupted(client, target.alias, current)
    names = name_all(target.alias, backup, live)
    _require_none_of_siblings(backup, names, target)
    there = _require_free(client, backup, names, note)
    noted = {"backup": backup.name, "generations": [*names.generations.values()], "others": [*names.others]}
    indices.add_meta(client, current.index, {NOTE: noted})
    say(f"restoring {backup.name}: {backup.documents:,} documents into {names.restored}")
    _restore_all(client, backup, names, there, say)
    _verify(client, backup, names, say)
    for index in names.generations.values():
        handover.take_over(client, target, index)
    handover.give_pipeline(client, target, names.restored)
    handover.switch(client, target, current, names.restored, backup.metadata.get("aliases", {}))
    return names.restored


def name_all(alias: str, backup: Backup, live: LiveIndex) -> Names:
    """Choose free names for the generations of the backup, numbered above all existing and earlier ones."""
    pattern = re.compile(rf"{re.escape(backup.alias)}-(.+)-(\d+)")
    # An index of people's may have a name that begins like those.
    ours = [one for one in backup.indices if alias_of_name(one) == backup.alias or one == backup.generation]
    found = {one: pattern.fullmatch(one) for one in ours}
    stems = {one: match[1] for one, match in found.items() if match}
    counter = max(
        (
            *(one.counter for one in (*live.behind, *live.beside)),
            *(int(match[2]) for match in found.values() if match),
        ),
        default=0,
    )
    # The alias's own may have been given any name by hand; it gets the highest number, as the newest.
    ordered = [*sorted(one for one in stems if one != backup.generation), backup.generation]
    return Names(
        generation=backup.generation,
        generations={
            source: f"{alias}-{stems.get(source, 'restored')}-{number}"
            for number, source in enumerate(ordered, start=counter + 1)
        },
        others=tuple(one for one in backup.indices if one not in ordered),
    )


def _require_index(alias: str, live: LiveIndex) -> Generation:
    current = live.current
    if live.concrete or current is None or current.identity is None:
        raise BackupError(
            f"{alias} leads to no index of this stack's yet: run `pulumi up` first, then restore."
        )
    return current


def _clear_interrupted(client: Requests, alias: str, current: Generation) -> Mapping[str, Any]:
    """Delete the generations that an interrupted run left, which nobody can have written to; return its note."""
    note: Mapping[str, Any] = indices.read_meta(client, current.index).get(NOTE) or {}
    behind = client.find(f"/{alias}") or {}
    for name in note.get("generations", []):
        found = client.find(f"/{name}")
        if not found or name not in found or name in behind:
            continue
        settings = found[name].get("settings", {}).get("index", {})
        # Elasticsearch keeps the name that an index had when it was backed up.
        renamed = settings.get("provided_name") != name
        if renamed and str(settings.get("blocks", {}).get("write")) == "true":
            indices.delete_index(client, name)
    return note


def _require_none_of_siblings(backup: Backup, names: Names, target: Target) -> None:
    """Raise ConflictError when the backup holds an index of the stack as one that is not: it was none at that time."""
    found = sorted(one for one in names.others if alias_of_name(one) in target.siblings)
    if found:
        alias = alias_of_name(found[0])
        raise ConflictError(
            f"The backup {backup.name} also holds {', '.join(found)}, of {alias}, which is an index of this stack now "
            "and was none then. Nothing was restored. Restore into a stack that has no such index: take "
            f"{alias} off elasticsearchAdditionalIndices, run `pulumi up`, restore, and put it back."
        )


def _require_free(client: Requests, backup: Backup, names: Names, note: Mapping[str, Any]) -> set[str]:
    """Return the others that are there and stay: Elasticsearch's own, or restored by the run that was interrupted.

    Raises ConflictError when an index is there that would have to be replaced.
    """
    there = {one for one in names.others if client.find(f"/{quote(one, safe='')}") is not None}
    known = set(note.get("others", [])) if note.get("backup") == backup.name else set()
    in_the_way = sorted(one for one in there if one not in known and not is_elasticsearchs(one))
    if in_the_way:
        raise ConflictError(
            f"The backup {backup.name} also holds {', '.join(in_the_way)}, and there is something of that name here "
            "already, so nothing was restored. Delete or move what is there, then run the command again."
        )
    return there


def _restore_all(client: Requests, backup: Backup, names: Names, there: set[str], say: Say) -> None:
    others = [one for one in names.others if one not in there]
    if there:
        say(f"left as they are, since they are there already: {', '.join(sorted(there))}")
    if others:
        _restore(client, backup, {"indices": others, "include_aliases": True})
    for source, name in names.generations.items():
        # Nobody can write to it before it is behind the alias; its pipeline may be of a stack that is gone.
        settings: dict[str, Any] = {"index.blocks.write": True, "index.default_pipeline": NO_PIPELINE}
        body = {
            "indices": [source],
            "rename_pattern": ".+",
            "rename_replacement": name.replace("$", "\\$"),
            "include_aliases": False,
            "index_settings": settings,
        }
        _restore(client, backup, body)
    verifying.wait_until_there(client, [*names.generations.values(), *names.others], say)


def _restore(client: Requests, backup: Backup, body: Mapping[str, Any]) -> None:
    path = f"/_snapshot/{REPOSITORY}/{backup.name}/_restore"
    client.request("POST", path, {**body, "include_global_state": False}, timeout=300)


def _verify(client: Requests, backup: Backup, names: Names, say: Say) -> None:
    noted = backup.metadata
    found = count_generation(client, names.restored)
    expected = Count(documents=backup.documents, written=int(noted.get("written", 0)))
    verifying.require_count(names.restored, found, expected, say)
    searched = verifying.require_findable(client, names.restored)
    say(
        f"{found.documents:,} documents are there; {searched}, taken at random, are found by their own vectors"
    )
    beside = [one for one in (*names.generations.values(), *names.others) if one != names.restored]
    if beside:
        documents = count_documents(client, beside)
        say(f"{', '.join(beside)}: {documents:,} documents, {int(noted.get('others', 0)):,} when backed up")
