"""How the index of an alias becomes the wanted one: decided from what is there, then done step by step.

A generation never changes its identity: another identity is another generation, and the alias moves to it in one
atomic step once it is complete. Whatever interrupts this, the next run goes on from what it finds.
"""

from dataclasses import dataclass, replace
from typing import Literal

from components.elasticsearch import index as indices
from components.elasticsearch.client import Requests
from components.elasticsearch.documents import DEMO_DOCUMENTS, Held, index_documents, read_held
from components.elasticsearch.embedding import Embedder
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, IndexingError
from components.elasticsearch.index import Generation, LiveIndex, WantedIndex
from components.elasticsearch.pipeline import VECTOR
from components.elasticsearch.refusals import at_risk, concrete_index, unlike_index

Action = Literal["nothing", "create", "adopt", "restore alias", "repair", "recreate"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do: `old` is the generation that it is done to, `leftovers` are unfinished or retired ones to delete.

    `why` says it to a person in a few words.
    """

    action: Action
    old: Generation | None = None
    leftovers: tuple[Generation, ...] = ()
    why: str = ""


def plan(live: LiveIndex, wanted: WantedIndex) -> Plan:
    """Decide; nothing is asked or changed.

    Raises ConflictError when an index or alias that is not ours is in the way, and DocumentsAtRiskError when
    another identity is wanted than that of documents which this stack cannot make again.
    """
    if live.concrete:
        raise ConflictError(concrete_index(wanted))
    current = live.current
    if (current is None or current.identity is None) and live.beside:
        newest = max(live.beside, key=lambda one: (not one.successor, one.counter))
        return Plan(action="restore alias", old=newest, why=f"the alias no longer points to {newest.index}")
    # A leftover is a copy, or was copied: unless somebody wrote to it since.
    leftovers = tuple(one for one in live.beside if one.held.foreign == 0)
    if current is None:
        return Plan(action="create", leftovers=leftovers, why="there is none")
    if current.identity is None:
        if _same_vectors(current, wanted):
            return Plan(action="adopt", old=current, why="made by hand, with the right mapping")
        raise ConflictError(unlike_index(current, wanted))
    differences = current.identity.differences(wanted.identity)
    if differences or not _same_vectors(current, wanted):
        if current.held.foreign:
            raise DocumentsAtRiskError(at_risk(current, wanted, differences))
        why = ", ".join(differences) or "its mapping was changed"
        return Plan(action="recreate", old=current, leftovers=leftovers, why=why)
    if current.default_pipeline != wanted.pipeline_id or current.successor:
        return Plan(action="repair", old=current, leftovers=leftovers, why="its settings were changed")
    return Plan(action="nothing", old=current, leftovers=leftovers)


def converge(client: Requests, wanted: WantedIndex, embedder: Embedder | None = None) -> str:
    """Make the index what is wanted; return the name of the generation that the alias points to.

    With `embedder`, documents are embedded here, else by the pipeline. Raises what `plan` raises, and IndexingError
    or EmbeddingError when the new generation could not be filled: the old one is then in use as before.
    """
    live = indices.read_live(client, wanted.alias)
    decided = plan(live, wanted)
    if decided.action == "restore alias" and decided.old is not None:
        _restore_alias(client, wanted, live, decided.old)
        live = indices.read_live(client, wanted.alias)
        decided = plan(live, wanted)
    for leftover in decided.leftovers:
        indices.delete_index(client, leftover.index)
    return _carry_out(client, wanted, live, decided, embedder)


def _carry_out(
    client: Requests, wanted: WantedIndex, live: LiveIndex, decided: Plan, embedder: Embedder | None
) -> str:
    old = decided.old
    if old is None:
        return _create(client, wanted, live)
    if decided.action == "recreate":
        return _recreate(client, wanted, live, old, embedder)
    if decided.action == "adopt":
        indices.add_meta(client, old.index, indices.build_meta(wanted))
    if decided.action in ("adopt", "repair"):
        if old.successor:
            indices.open_to_writers(client, old.index)
        indices.set_default_pipeline(client, old.index, wanted.pipeline_id)
    return old.index


def _create(client: Requests, wanted: WantedIndex, live: LiveIndex) -> str:
    name = indices.new_name(wanted, live)
    # The alias is made with the index, so that no run can end between the two.
    body = {**indices.build_index(wanted), "aliases": {wanted.alias: {}}}
    indices.create_index(client, name, body)
    return name


def _restore_alias(client: Requests, wanted: WantedIndex, live: LiveIndex, to: Generation) -> None:
    actions: list[dict[str, object]] = [{"add": {"index": to.index, "alias": wanted.alias}}]
    actions += [{"remove": {"index": one.index, "alias": wanted.alias}} for one in live.behind]
    client.request("POST", "/_aliases", {"actions": actions})


def _recreate(
    client: Requests, wanted: WantedIndex, live: LiveIndex, old: Generation, embedder: Embedder | None
) -> str:
    """Make a new generation with the demo documents of the old one, move the alias, delete the old one."""
    name = indices.new_name(wanted, live)
    indices.close_to_writers(client, old, name)
    try:
        # Only now can nobody write any more: what came since the plan was made is counted.
        held = _held_by_demo_alone(client, wanted, old)
        indices.create_index(client, name, indices.build_index(wanted, predecessor=old))
        documents = [one for one in DEMO_DOCUMENTS if one.id in held.unchanged]
        index_documents(client, name, documents, embedder)
        _verify(client, name, len(documents))
    except BaseException:
        indices.delete_index(client, name)
        indices.open_to_writers(client, old.index)
        raise
    indices.swap_aliases(client, wanted.alias, name, old)
    indices.delete_index(client, old.index)
    return name


def _held_by_demo_alone(client: Requests, wanted: WantedIndex, old: Generation) -> Held:
    held = read_held(client, old.index)
    if held.foreign:
        differences = old.identity.differences(wanted.identity) if old.identity else []
        raise DocumentsAtRiskError(at_risk(replace(old, held=held), wanted, differences))
    return held


def _verify(client: Requests, index: str, expected: int) -> None:
    """Raise IndexingError unless the generation holds that many documents, each with a vector of its mapping."""
    client.request("POST", f"/{index}/_refresh")
    query = {"query": {"exists": {"field": VECTOR}}}
    found = int(client.request("POST", f"/{index}/_count", query)["count"])
    if found != expected:
        raise IndexingError(
            f"The new index {index} holds {found} embedded documents instead of {expected}; the old one is in use "
            "as before. Look at the pipeline and the log of the embedding server, then run the command again."
        )


def _same_vectors(current: Generation, wanted: WantedIndex) -> bool:
    """Compare mappings as far as they are ours: Elasticsearch fills in more index options."""
    live, ours = current.vector, indices.vector_mapping(wanted.identity)
    same = all(live.get(key) == ours[key] for key in ("type", "dims", "similarity"))
    if current.identity is None:
        return same
    return same and live.get("index_options", {}).get("type") == ours["index_options"]["type"]
