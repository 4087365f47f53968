"""Plans, from the live state of an alias, how its index becomes the wanted one; pure functions without I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.elasticsearch import reconcile
from components.elasticsearch.documents.digest import has_digest
from components.elasticsearch.errors import ConflictError, UnreadableIdentityError
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.generations.generation import (
    Generation,
    LiveIndex,
    WantedIndex,
    alias_of_name,
)
from components.elasticsearch.generations.index import vector_mapping
from components.elasticsearch.generations.refusals import (
    closed_index,
    concrete_index,
    index_of_sibling,
    unlike_index,
)
from components.elasticsearch.ownership import another_stacks
from components.elasticsearch.reconcile import NOTHING

FIRST = ("restore alias", "finish", "adopt")
"""Actions that come before any deletion: only after them is it known what the index in use holds."""


@dataclass(frozen=True, kw_only=True)
class Step(reconcile.Step):
    """What to do next; `unfinished` is the generation that an interrupted run of the wanted migration left."""

    unfinished: Generation | None = None


def plan(live: LiveIndex, wanted: WantedIndex) -> Step:
    """Return the next step: it changes the index towards what is wanted, or deletes leftovers.

    Raises the same errors as `plan_change`.
    """
    live = live.seen_by(wanted.claim)
    change = plan_change(live, wanted)
    if change.action == "take over":
        return change
    unnamed = [one for one in live.owned(wanted.claim) if one.owner != wanted.claim.owner and not one.closed]
    if unnamed:
        return Step(action="note the owner", targets=_names(unnamed))
    return change if change.action in FIRST else _plan_deletion(live, wanted, change) or change


def _plan_deletion(live: LiveIndex, wanted: WantedIndex, change: Step) -> Step | None:
    """Return the step that deletes leftovers before `change` is made; None when there are none."""
    leftovers = [one for one in _leftovers(live, wanted) if one != change.unfinished]
    if leftovers:
        return Step(action="delete", targets=_names(leftovers))
    unused = tuple(one.name for one in live.kept_pipelines if not one.used)
    if unused:
        return Step(action="delete pipelines", targets=unused)
    embedding = tuple(one.index for one in live.kept_pipelines if one.of_its_generation)
    if change.action == NOTHING and embedding and wanted.pipeline_id == NO_PIPELINE:
        # Where documents bring their vectors, no pipeline is needed; without pipelines the endpoint can be deleted.
        return Step(action="take pipelines away", targets=embedding)
    return None


def plan_change(live: LiveIndex, wanted: WantedIndex) -> Step:
    """Return the step by which the index becomes what is wanted; leftovers are not considered.

    Raises ConflictError when an index or alias that is not ours is in the way, or the index in use is closed, and
    UnreadableIdentityError when the identity noted in a generation of ours can't be read.
    """
    live = live.seen_by(wanted.claim)
    _require_usable(live, wanted)
    found = _plan_for_others(live, wanted)
    if found is not None:
        return found
    current = live.current
    if current is None or current.identity is None:
        return Step(action="create", why="there is none")
    if current.migration:
        return Step(action="finish", why="it was filled, and the alias moved to it")
    mapped = has_digest(current.index, current.properties)
    differences = current.identity.differences(wanted.identity)
    if differences or not _same_vectors(current, wanted):
        unfinished = next((one for one in live.beside if _resumable(one, current, wanted)), None)
        why = ", ".join(differences) or "its mapping was changed"
        return Step(action="migrate", unfinished=unfinished, why=why)
    changed = current.default_pipeline != wanted.pipeline_id or current.successor or current.retired
    why = "its settings were changed" if changed else "" if mapped else "an earlier version made it"
    return Step(action="repair" if why else NOTHING, why=why)


def _require_usable(live: LiveIndex, wanted: WantedIndex) -> None:
    current = live.current
    if current is not None and current.managed and not wanted.claim.covers(current.owner):
        raise ConflictError(another_stacks(f"Index {current.index}", current.owner, wanted.alias))
    for one in live.of_siblings(wanted.claim):
        raise ConflictError(index_of_sibling(one, wanted.alias))
    for one in (*live.behind, *live.beside):
        if one.unreadable:
            raise UnreadableIdentityError(one.index, one.unreadable)
    if current is not None and current.closed:
        raise ConflictError(closed_index(current))
    closed = [one for one in live.beside if one.closed]
    if closed and current is None:
        raise ConflictError(closed_index(closed[-1]))


def _plan_for_others(live: LiveIndex, wanted: WantedIndex) -> Step | None:
    """Return the step where the alias's name does not lead to an index of this project.

    The step takes over or adopts the index that has the name or is behind the alias, or restores a lost alias. Return
    None where the alias points to an index of this project, or where there is no index yet.
    """
    if live.concrete:
        if not wanted.adopt:
            raise ConflictError(concrete_index(wanted))
        return Step(action="take over", why="an index made by hand has the alias's name")
    current = live.current
    if current is not None and current.identity is not None:
        return None
    candidates = [one for one in live.beside if not live.is_unfinished(one) and not one.closed]
    if candidates:
        newest = max(candidates, key=lambda one: _likely_used(one, wanted))
        return Step(action="restore alias", targets=(newest.index,), why="the alias no longer points to it")
    if current is None:
        return None
    if not _same_vectors(current, wanted):
        raise ConflictError(unlike_index(current, wanted))
    has_digest(current.index, current.properties)
    return Step(action="adopt", why="made by hand, with the right mapping")


def _likely_used(one: Generation, wanted: WantedIndex) -> tuple[bool, bool, bool, int]:
    """Return a sort key for the generations of a lost alias: the one most likely in use has the greatest key.

    A generation whose name this project made counts more than a clone, which people named.
    """
    ours = alias_of_name(one.index) == wanted.alias
    return (not one.retired, not one.successor, ours, one.counter)


def _leftovers(live: LiveIndex, wanted: WantedIndex) -> list[Generation]:
    """Return the generations that can be deleted: unfinished ones, retired ones beyond those that are kept, empty ones.

    Never one that somebody wrote to since, or that holds documents that exist nowhere else. A generation that holds
    only copies of demo documents is not kept.
    """
    retired = [one for one in live.beside if one.retired and live.is_copy(one) and one.of_people != 0]
    retired.sort(key=lambda one: -one.counter)
    kept = {one.index for one in retired[: wanted.keep_generations]}
    return [
        one
        for one in live.beside
        if one.index not in kept and not one.closed and (one.of_people == 0 or live.is_copy(one))
    ]


def _resumable(one: Generation, current: Generation, wanted: WantedIndex) -> bool:
    return (
        not one.closed
        and one.migration.get("source") == current.index
        and one.identity == wanted.identity
        and one.default_pipeline == wanted.pipeline_id
        and _same_vectors(one, wanted)
    )


def _same_vectors(current: Generation, wanted: WantedIndex) -> bool:
    """Compare only what we set in the mapping of the embeddings: Elasticsearch adds more index options.

    An index that was made by hand keeps its own index options.
    """
    live, ours = current.vector, vector_mapping(wanted.identity)
    same = all(live.get(key) == ours[key] for key in ("type", "dims", "similarity"))
    if current.identity is None or current.adopted:
        return same
    return same and live.get("index_options", {}).get("type") == ours["index_options"]["type"]


def _names(generations: Sequence[Generation]) -> tuple[str, ...]:
    return tuple(one.index for one in generations)
