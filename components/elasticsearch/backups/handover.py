"""Hands a restored generation to the stack and to the people: its owner, its pipeline, and the alias in one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.people import count_of_people
from components.elasticsearch.endpoints import full_id, pipeline_endpoint_id
from components.elasticsearch.errors import DocumentsAtRiskError
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.generations import deletion, frozen_pipeline, refusals
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.aliases import alias_options
from components.elasticsearch.generations.generation import Generation
from components.elasticsearch.identity import Identity

RESTORED = "(restored)"
"""Stands, in a generation that is closed to writers, where a migration notes its successor: so `pulumi up` opens it."""

NOTES_OF_THEN = ("retired", "migration", "adopted_as")
"""What a generation that is backed up may note of a migration that is long over."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The stack to restore into: its alias, its id, and what embeds the documents that people write there.

    `pipeline_id` and `inference_id` are empty where documents come with their vectors. `siblings` are the aliases of
    the stack's other indices.
    """

    alias: str
    owner: str
    pipeline_id: str = ""
    inference_id: str = ""
    siblings: Sequence[str] = ()


def take_over(client: Requests, target: Target, index: str) -> None:
    """Make a restored generation the stack's own, and remove notes of other stacks from it."""
    notes = dict.fromkeys(NOTES_OF_THEN, "")
    mine = {"owner": target.owner, "alias": target.alias, "successor": RESTORED}
    indices.add_meta(client, index, {**notes, **mine})


def give_pipeline(client: Requests, target: Target, index: str) -> None:
    """Give a restored generation a pipeline of its identity: the stack's, or one of its own until it migrates.

    Raises UnreadableIdentityError when it does not say how its vectors were made.
    """
    if not target.pipeline_id:
        indices.set_default_pipeline(client, index, NO_PIPELINE)
        return
    identity = Identity.from_meta(indices.read_meta(client, index), index)
    fitting = ingest_pipeline.build_pipeline(
        inference_id=pipeline_endpoint_id(target.inference_id, identity.dims),
        model=identity.model,
        document_prefix=identity.document_prefix,
        dims=identity.dims,
    )
    live = ingest_pipeline.read_live(client, target.pipeline_id) or {}
    if live.get("processors") == fitting["processors"] and ingest_pipeline.embeds_as(live, identity):
        indices.set_default_pipeline(client, index, target.pipeline_id)
    else:
        frozen_pipeline.freeze(client, index, identity, full_id(target.inference_id))


def switch(
    client: Requests, target: Target, current: Generation, restored: str, aliases: Mapping[str, Any]
) -> None:
    """Move the alias from `current` to what was restored, which gets `aliases` too, and delete `current`.

    Raises DocumentsAtRiskError when somebody wrote to `current` meanwhile: it is then in use as before.
    """
    try:
        indices.close_to_writers(client, current, restored)
        require_replaceable(client, target.alias, current.index)
        _move(client, target.alias, current.index, restored, aliases)
    except BaseException:
        if restored not in (client.find(f"/{target.alias}") or {}):
            indices.open_to_writers(client, current.index)
            raise
    indices.open_to_writers(client, restored)
    # It held only demo documents, and nobody could write to it since that check.
    deletion.delete_generation(client, current)


def require_replaceable(client: Requests, alias: str, index: str) -> None:
    """Raise DocumentsAtRiskError when an index holds documents that only people can have put there."""
    count = count_of_people(client, index)
    if count != 0:
        held = "documents that can't be counted, perhaps some" if count is None else refusals.documents(count)
        raise DocumentsAtRiskError(
            f"{alias} leads to {index}, which holds {held} that this stack did not put there: they "
            "would not be found any more, so the alias was not moved. Restore into a new stack; or take "
            "a backup of what is there, delete those documents, and run the command again."
        )


def _move(client: Requests, alias: str, old: str, new: str, aliases: Mapping[str, Any]) -> None:
    now = client.request("GET", f"/{old}/_alias").get(old, {}).get("aliases", {})
    wanted = {**aliases, alias: {}, **now}
    actions: list[dict[str, Any]] = [
        {"add": {"index": new, "alias": name, **alias_options(options)}} for name, options in wanted.items()
    ]
    actions += [{"remove": {"index": old, "alias": name}} for name in now]
    client.request("POST", "/_aliases", {"actions": actions})
