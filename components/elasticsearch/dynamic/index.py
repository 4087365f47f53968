"""The index behind its alias, as a resource."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi

from components.dynamic_provider import say
from components.elasticsearch import index
from components.elasticsearch.client.client import Client
from components.elasticsearch.documents import staleness
from components.elasticsearch.dynamic.embedder import EMBEDDER, embedder_of
from components.elasticsearch.dynamic.provider import ClusterProvider, secret_outputs
from components.elasticsearch.dynamic.values import CONNECTION, Values, claim_of, versioned
from components.elasticsearch.endpoints import Endpoints
from components.elasticsearch.errors import UnreadableIdentityError
from components.elasticsearch.fields import DIGEST
from components.elasticsearch.generations import deletion, frozen_pipeline
from components.elasticsearch.generations.generation import Generation, LiveIndex, WantedIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.identity import Identity
from components.elasticsearch.migration.carrier import Pace
from components.elasticsearch.ownership import Claim
from components.names import names_in

IN_PLACE = "in place"
FORGET_ADOPTION = "pulumi config rm elasticsearchAdopt"
COUNTS = ("stale_documents", "unembedded_documents")
"""Numbers of documents whose embedding may not belong to their text, and of those with a text but no embedding."""


def wanted_of(values: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> WantedIndex:
    """Return the index that inputs describe; `olds` are the previous outputs of the resource, if any."""
    return WantedIndex(
        alias=str(values["alias"]),
        pipeline_id=str(values["pipeline_id"]),
        identity=Identity.from_json(str(values["identity"])),
        revision=str(values["revision"]),
        # Numbers come as floats, and older states have none.
        keep_generations=int(values.get("keep_generations", 1)),
        adopt=values["alias"] in names_in(values.get("adopt")),
        claim=claim_of(values, olds, "alias"),
        endpoints=_endpoints_of(values),
        moves_endpoints=bool(values.get("moves_endpoints", True)),
    )


def _endpoints_of(values: Mapping[str, Any]) -> Endpoints | None:
    described = str(values.get("endpoints") or "")
    return Endpoints.from_json(described, str(values.get("embeddings_api_key") or "")) if described else None


def _state(client: Client, alias: str, live: LiveIndex, current: Generation, claim: Claim) -> str:
    if not claim.covers(current.owner):
        return "of another owner"
    if live.of_siblings(claim):
        return "of another index"
    if current.closed:
        return "closed"
    if current.successor or current.retired:
        return "closed to writers"
    if DIGEST not in current.properties:
        return "of an earlier version"
    unfinished = current.migration or any(live.is_unfinished(one) for one in live.beside)
    if unfinished or any(not one.used for one in frozen_pipeline.read_kept(client, alias, claim)):
        return "in the middle of a migration"
    return IN_PLACE


def _counts(client: Client, alias: str, index: str, *, first: bool) -> Values:
    """Count the documents whose embedding may not belong to their text, or is missing; print a line about them."""
    found = staleness.tally(client, index)
    if found.stale or found.without:
        say(staleness.report(alias, found, first=first))
    return dict(zip(COUNTS, (found.stale, found.without), strict=True))


class IndexProvider(ClusterProvider):
    """Keeps the index of an alias as wanted; never deletes documents that people put there."""

    called = "Index"
    name_key = "alias"
    # The revision is only a name: what counts is the content of the model file, which is part of the identity.
    local: ClassVar[tuple[str, ...]] = (
        *CONNECTION,
        *EMBEDDER,
        "endpoints",
        "adopt",
        "delete_data",
        "revision",
        "siblings",
        "moves_endpoints",
    )
    computed = ("concrete_index", *COUNTS)
    pace: ClassVar[Pace] = Pace()

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Create, repair, adopt or migrate the index.

        The indices of a former alias are deleted, except those that hold people's documents.
        """
        wanted = wanted_of(news, olds)
        concrete = index.converge(client, wanted, embedder_of(news), pace=self.pace, say=say)
        if wanted.adopt:
            say(f"{wanted.alias} is this stack's now. So that nothing is taken over again: {FORGET_ADOPTION}")
        before = str(olds["alias"]) if olds and olds["url"] == news["url"] else wanted.alias
        if before not in (wanted.alias, *wanted.claim.siblings):
            kept = deletion.retire_alias(client, before, claim_of({**news, "adopt": ""}, olds, "url"))
            if kept:
                print(kept, flush=True)
        return {
            "concrete_index": concrete,
            **_counts(client, wanted.alias, concrete, first=wanted.moves_endpoints),
        }

    def live(self, client: Client, values: Values) -> Values | None:
        """Return identity, pipeline and name of the index behind the alias, and how the alias stands (`alias_state`).

        None when there is no index of this alias. Raises UnreadableIdentityError when its identity can't be read.
        """
        claim, first = claim_of(values), bool(values.get("moves_endpoints", True))
        live = read_live(client, str(values["alias"])).seen_by(claim)
        current = live.current
        if current is None and not live.beside and not live.concrete:
            return None
        moved = current is None or (not current.managed and bool(live.beside))
        if current is None or not current.managed:
            return {"alias_state": "moved" if moved else "of another index"}
        if current.identity is None:
            raise UnreadableIdentityError(current.index, current.unreadable)
        return {
            "alias_state": _state(client, str(values["alias"]), live, current, claim),
            "identity": current.identity.as_json(),
            "pipeline_id": current.default_pipeline,
            "concrete_index": current.index,
            # In a closed index nothing can be counted.
            **({} if current.closed else _counts(client, str(values["alias"]), current.index, first=first)),
        }

    def remove(self, client: Client, values: Values) -> None:
        """Delete the index unless it holds documents that were not given up."""
        alias, given_up = str(values["alias"]), names_in(values["delete_data"])
        deletion.delete_generations(client, alias, given_up, claim_of(values))


class IndexResource(pulumi.dynamic.Resource, module="elasticsearch", name="Index"):
    """The resource of the index; `concrete_index` is the generation that the alias points to."""

    alias: pulumi.Output[str]
    concrete_index: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            **versioned(inputs),
            "alias_state": IN_PLACE,
            "concrete_index": None,
            **dict.fromkeys(COUNTS),
        }
        super().__init__(IndexProvider(), name, props, secret_outputs(opts))
