"""How the index of an alias becomes the wanted one: decided from what is there, then done step by step.

A generation never changes its identity: another identity is another generation, and the alias moves to it in one
atomic step once it is complete. Whatever interrupts this, the next run goes on from what it finds.
"""

from dataclasses import dataclass
from typing import Literal

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import has_digest, map_digest
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import ConflictError, UnreadableIdentityError
from components.elasticsearch.generations import adoption, deletion, frozen_pipeline
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.aliases import restore_alias
from components.elasticsearch.generations.generation import (
    Generation,
    LiveIndex,
    WantedIndex,
    alias_of_name,
    new_name,
)
from components.elasticsearch.generations.kept_settings import default_replicas
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.generations.refusals import closed_index, concrete_index, unlike_index
from components.elasticsearch.migration.carrier import Pace, Say
from components.elasticsearch.migration.migration import finish, migrate
from components.elasticsearch.ownership import OWNER, another_stacks

Action = Literal["nothing", "create", "take over", "adopt", "restore alias", "finish", "repair", "migrate"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do: `old` is the generation that it is done to, `leftovers` are unfinished or retired ones to delete.

    `unfinished` is what an interrupted run left of the migration that is wanted. `why` says it to a person in a few
    words.
    """

    action: Action
    old: Generation | None = None
    unfinished: Generation | None = None
    leftovers: tuple[Generation, ...] = ()
    why: str = ""


def plan(live: LiveIndex, wanted: WantedIndex) -> Plan:
    """Decide; nothing is asked or changed.

    Raises ConflictError when an index or alias that is not ours is in the way, or the index in use is closed, and
    UnreadableIdentityError when what a generation of ours says of itself can't be read.
    """
    live = live.seen_by(wanted.claim)
    _require_usable(live, wanted)
    found = _plan_for_others(live, wanted)
    if found is not None:
        return found
    current = live.current
    if current is None or current.identity is None:
        return Plan(action="create", leftovers=_leftovers(live, wanted), why="there is none")
    if current.migration:
        return Plan(action="finish", old=current, why="it was filled, and the alias moved to it")
    mapped = has_digest(current.index, current.properties)
    leftovers = _leftovers(live, wanted)
    differences = current.identity.differences(wanted.identity)
    if differences or not _same_vectors(current, wanted):
        unfinished = next((one for one in live.beside if _resumable(one, current, wanted)), None)
        leftovers = tuple(one for one in leftovers if one != unfinished)
        why = ", ".join(differences) or "its mapping was changed"
        return Plan(action="migrate", old=current, unfinished=unfinished, leftovers=leftovers, why=why)
    changed = current.default_pipeline != wanted.pipeline_id or current.successor or current.retired
    why = "its settings were changed" if changed else "" if mapped else "an earlier version made it"
    return Plan(action="repair" if why else "nothing", old=current, leftovers=leftovers, why=why)


def _require_usable(live: LiveIndex, wanted: WantedIndex) -> None:
    current = live.current
    if current is not None and current.managed and not wanted.claim.covers(current.owner):
        raise ConflictError(another_stacks(f"Index {current.index}", current.owner, wanted.alias))
    for one in (*live.behind, *live.beside):
        if one.unreadable:
            raise UnreadableIdentityError(one.index, one.unreadable)
    if current is not None and current.closed:
        raise ConflictError(closed_index(current))
    closed = [one for one in live.beside if one.closed]
    if closed and current is None:
        raise ConflictError(closed_index(closed[-1]))


def _plan_for_others(live: LiveIndex, wanted: WantedIndex) -> Plan | None:
    """Decide where the name leads to no index of this project's; return None where it leads to one, or nowhere."""
    if live.concrete:
        if not wanted.adopt:
            raise ConflictError(concrete_index(wanted))
        return Plan(action="take over", why="an index made by hand has the alias's name")
    current = live.current
    if current is not None and current.identity is not None:
        return None
    candidates = [one for one in live.beside if not live.is_unfinished(one) and not one.closed]
    if candidates:
        newest = max(candidates, key=lambda one: _likely_used(one, wanted))
        return Plan(action="restore alias", old=newest, why=f"the alias no longer points to {newest.index}")
    if current is None:
        return None
    if not _same_vectors(current, wanted):
        raise ConflictError(unlike_index(current, wanted))
    has_digest(current.index, current.properties)
    return Plan(action="adopt", old=current, why="made by hand, with the right mapping")


def _likely_used(one: Generation, wanted: WantedIndex) -> tuple[bool, bool, bool, int]:
    """Order the generations of an alias that is lost: what people cloned has a name of theirs."""
    ours = alias_of_name(one.index) == wanted.alias
    return (not one.retired, not one.successor, ours, one.counter)


def converge(
    client: Requests,
    wanted: WantedIndex,
    embedder: Embedder | None = None,
    *,
    pace: Pace | None = None,
    say: Say = print,
) -> str:
    """Make the index what is wanted; return the name of the generation that the alias points to.

    With `embedder`, documents are embedded here, else by the pipeline. Raises what `plan` and `migrate` raise: the
    old generation is then in use as before.
    """
    live, decided = _prepare(client, wanted, embedder)
    concrete = _carry_out(client, wanted, live, decided, embedder, pace=pace or Pace(), say=say)
    if decided.action == "migrate":
        # What was retired by it, and is beyond what is kept.
        _prepare(client, wanted, embedder)
    if embedder is not None:
        frozen_pipeline.release(client, wanted.alias, wanted.claim)
    return concrete


def _prepare(client: Requests, wanted: WantedIndex, embedder: Embedder | None) -> tuple[LiveIndex, Plan]:
    """Restore and finish what needs it, delete leftovers; return what is there then, and what is to be done."""
    live = read_live(client, wanted.alias).seen_by(wanted.claim)
    decided = plan(live, wanted)
    if decided.action == "take over":
        adoption.adopt(client, wanted)
        live = read_live(client, wanted.alias).seen_by(wanted.claim)
        decided = plan(live, wanted)
    _own(client, wanted, live)
    while decided.old is not None and decided.action in ("restore alias", "finish"):
        if decided.action == "finish":
            same = wanted if decided.old.identity == wanted.identity else None
            finish(client, same, decided.old.index, str(decided.old.migration.get("source")), embedder)
        else:
            restore_alias(client, wanted.alias, live, decided.old.index)
        live = read_live(client, wanted.alias).seen_by(wanted.claim)
        decided = plan(live, wanted)
    for leftover in decided.leftovers:
        deletion.delete_generation(client, leftover)
    frozen_pipeline.sweep(client, wanted.alias, wanted.claim)
    return live, decided


def _own(client: Requests, wanted: WantedIndex, live: LiveIndex) -> None:
    """Write the owner into what belongs to the stack and does not say so yet: of an earlier version, or handed over."""
    for one in live.owned(wanted.claim):
        if one.owner != wanted.claim.owner and not one.closed:
            indices.add_meta(client, one.index, {OWNER: wanted.claim.owner})
            if one.default_pipeline == frozen_pipeline.frozen_id(one.index):
                frozen_pipeline.note_owner(client, one.index)


def _carry_out(
    client: Requests,
    wanted: WantedIndex,
    live: LiveIndex,
    decided: Plan,
    embedder: Embedder | None,
    *,
    pace: Pace,
    say: Say,
) -> str:
    old = decided.old
    if old is None:
        return _create(client, wanted, live)
    if decided.action == "migrate":
        name = new_name(wanted, live)
        return migrate(client, wanted, old, name, decided.unfinished, pace=pace, say=say, embedder=embedder)
    if decided.action == "adopt":
        indices.add_meta(client, old.index, {**indices.build_meta(wanted), "adopted_as": ""})
    if decided.action in ("adopt", "repair"):
        if old.successor or old.retired:
            indices.open_to_writers(client, old.index)
        map_digest(client, old.index)
        indices.set_default_pipeline(client, old.index, wanted.pipeline_id)
        # The pipeline was renamed, say, and the endpoint with it.
        ids = ingest_pipeline.inference_ids(ingest_pipeline.read_live(client, wanted.pipeline_id) or {})
        if len(ids) == 1:
            frozen_pipeline.redirect(client, wanted.claim, "", ids[0], alias=wanted.alias)
        frozen_pipeline.sweep(client, wanted.alias, wanted.claim)
    return old.index


def _create(client: Requests, wanted: WantedIndex, live: LiveIndex) -> str:
    name = new_name(wanted, live)
    # The alias is made with the index, so that no run can end between the two.
    body = indices.build_index(wanted, replicas=default_replicas(client)) | {"aliases": {wanted.alias: {}}}
    indices.create_index(client, name, body)
    return name


def _leftovers(live: LiveIndex, wanted: WantedIndex) -> tuple[Generation, ...]:
    """Return what can go: unfinished generations, retired ones beyond those that are kept, and empty ones.

    None goes that somebody wrote to since, or that holds what is nowhere else. Copies of demo documents alone are
    not worth keeping.
    """
    retired = [one for one in live.beside if one.retired and live.is_copy(one) and one.held.foreign]
    retired.sort(key=lambda one: -one.counter)
    kept = {one.index for one in retired[: wanted.keep_generations]}
    return tuple(
        one
        for one in live.beside
        if one.index not in kept and not one.closed and (one.held.foreign == 0 or live.is_copy(one))
    )


def _resumable(one: Generation, current: Generation, wanted: WantedIndex) -> bool:
    return (
        not one.closed
        and one.migration.get("source") == current.index
        and one.identity == wanted.identity
        and one.default_pipeline == wanted.pipeline_id
        and _same_vectors(one, wanted)
    )


def _same_vectors(current: Generation, wanted: WantedIndex) -> bool:
    """Compare mappings as far as they are ours: Elasticsearch fills in more index options."""
    live, ours = current.vector, indices.vector_mapping(wanted.identity)
    same = all(live.get(key) == ours[key] for key in ("type", "dims", "similarity"))
    if current.identity is None:
        return same
    return same and live.get("index_options", {}).get("type") == ours["index_options"]["type"]
