"""Checks, before anything is changed, that the cluster can be used and that no documents would become unusable."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pulumi

from components.elasticsearch import endpoints, inference_endpoint, ingest_pipeline
from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.client.license import remark
from components.elasticsearch.cluster import cluster_check
from components.elasticsearch.cluster.privileges import Needed
from components.elasticsearch.dynamic.index import wanted_of
from components.elasticsearch.dynamic.provider import ClusterProvider, secret_outputs
from components.elasticsearch.dynamic.values import Values, aliases_of, versioned
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.generations import adoption, frozen_pipeline, users
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.generations.plan import plan_change
from components.elasticsearch.identity import Identity
from components.elasticsearch.migration import migration
from components.elasticsearch.migration.strategy import made_by, served_by


def needed_of(olds: Values | None, news: Values) -> Needed:
    """Return what the credentials must allow: creating what is wanted, and deleting what is no longer wanted."""
    before = olds if olds and olds["url"] == news["url"] else news
    return Needed(
        aliases=list(dict.fromkeys((*aliases_of(news), *aliases_of(before)))),
        inference=bool(news.get("needs_inference", True) or before.get("needs_inference", True)),
    )


class ClusterCheckProvider(ClusterProvider):
    """Checks on create and on every change of its inputs; writes nothing, but starts the trial when told to."""

    called = "The check of"
    name_key = "alias"
    local: ClassVar[tuple[str, ...]] = ()
    computed = ("version", "licence", "licence_expires")
    patience: ClassVar[ClusterPatience] = ClusterPatience()

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Check version, license and privileges, and that the wanted index can be made without losing documents."""
        found = cluster_check.prepare(
            client,
            needed=needed_of(olds, news),
            managed=bool(news.get("managed")),
            start_trial_if_needed=bool(news["start_trial"]),
            needs_inference=bool(news.get("needs_inference", True)),
        )
        _require_not_promoted(olds, news)
        wanted = wanted_of(news, olds)
        current = read_live(client, wanted.alias).current
        # So that an index with another owner, say, is refused by that name before anything else is.
        for alias in aliases_of(news):
            _require_makeable(client, wanted_of(*_of_alias(alias, news, olds)))
        if current is not None:
            _require_no_others(client, wanted, current, olds or news, news)
        if wanted.pipeline_id != NO_PIPELINE:
            frozen_pipeline.require_mappable(client, wanted.pipeline_id)
        return dict(found.outputs())

    def live(self, client: Client, values: Values) -> Values:
        """Return version and license as they are now; print a warning when the license ends soon or has ended."""
        found = cluster_check.read_live(client)
        told = remark(
            found.license,
            found.license_expires,
            datetime.now(UTC),
            needs_inference=bool(values.get("needs_inference", True)),
        )
        if told and told.severity == "warning":
            print(told.text, flush=True)
        # An output that an older state lacks is added by the next update, so that a refresh shows no change.
        return {key: value for key, value in found.outputs().items() if key in values}

    def delete(self, _id: str, _props: Values) -> None:
        """Do nothing: the check made nothing."""


def _of_alias(alias: str, news: Values, olds: Values | None) -> tuple[Values, Values | None]:
    """Return inputs, and previous outputs, as they would be of a check of that index of the stack alone."""
    siblings = [one for one in aliases_of(news) if one != alias]
    before = olds and {**olds, "alias": alias if alias in aliases_of(olds) else ""}
    first = alias == str(news["alias"])
    return {**news, "alias": alias, "siblings": siblings, "moves_endpoints": first}, before


def _require_not_promoted(olds: Values | None, news: Values) -> None:
    """Raise ConflictError where a further index becomes the first: its own resource would then delete it."""
    alias = str(news["alias"])
    if olds is not None and olds["url"] == news["url"] and alias in aliases_of(olds)[1:]:
        raise ConflictError(
            f"elasticsearchIndex is {alias} now, which was one of elasticsearchAdditionalIndices: with the latter, its "
            "documents would be deleted. Nothing was changed. Leave elasticsearchIndex as it was; every index can be "
            "used alike, with `--index` in the command line."
        )


def _require_makeable(client: Client, wanted: WantedIndex) -> None:
    """Raise an ElasticsearchError when the index can't be made, or not without losing documents."""
    live = read_live(client, wanted.alias)
    change = plan_change(live, wanted)
    if change.action == "take over":
        adoption.require_adoptable(client, wanted)
    if change.action == "migrate" and live.current is not None:
        migration.require_possible(client, live.current, migration.strategy_of(live.current, wanted))


def _require_no_others(
    client: Client, wanted: WantedIndex, current: Generation, olds: Values, news: Values
) -> None:
    """Raise ConflictError when the change would alter or delete a pipeline or endpoint that others use too."""
    if current.identity is None:
        return
    before, after = current.identity, wanted.identity
    former = str(olds["pipeline_id"])
    pipeline_changes = (before.dims, *made_by(before)) != (after.dims, *made_by(after))
    pipeline_goes = former != wanted.pipeline_id
    stem = _former_endpoint(client, former, olds)
    changing = _changing_endpoints(
        client, stem, before, after, goes=stem != str(news.get("inference_id") or "")
    )
    embeds = former != NO_PIPELINE
    users.require_no_others(
        client,
        # What the current index's owner has is handed over with the index, so it does not count as somebody else's.
        replace(wanted.claim, handed_over=False, owner=current.owner),
        {*aliases_of(news), *aliases_of(olds)},
        " or ".join(
            [f"Ingest pipeline {former}", f"inference endpoints {', '.join(changing)} would change, or go"]
            if changing
            else [f"Ingest pipeline {former} would change, or go"]
        ),
        own=former,
        pipeline_id=former if embeds and (pipeline_changes or pipeline_goes) else "",
        inference_ids=changing if embeds else (),
    )


def _former_endpoint(client: Client, pipeline_id: str, olds: Values) -> str:
    """Return the name with which those of the endpoints begin that are there now; the pipeline knows it best."""
    told = str(olds.get("inference_id") or "")
    ids = ingest_pipeline.inference_ids(ingest_pipeline.read_live(client, pipeline_id) or {})
    return told if not ids or endpoints.is_of(ids[0], told) else endpoints.stem_of(ids[0])


def _changing_endpoints(
    client: Client, stem: str, before: Identity, after: Identity, *, goes: bool
) -> tuple[str, ...]:
    """Return the endpoints that would embed otherwise, or be deleted because the first of them `goes`."""
    if not stem:
        return ()
    by_role = (endpoints.query_id(stem), endpoints.document_id(stem))
    of_pipelines = endpoints.pipeline_endpoint_id(stem, before.dims)
    if goes or served_by(before) != served_by(after):
        return (stem, *by_role, of_pipelines, endpoints.full_id(stem))
    live = inference_endpoint.read_live(client, stem)
    # Of a stack that an earlier version made, it returns all numbers of the model.
    other_dims = live is not None and live.endpoint is not None and live.endpoint.dimensions != after.dims
    if before.dims != after.dims or before.document_prefix != after.document_prefix:
        return (*([stem] if other_dims else []), *by_role, of_pipelines)
    return (stem,) if other_dims else ()


class ClusterCheckResource(pulumi.dynamic.Resource, module="elasticsearch", name="ClusterCheck"):
    """The resource of the check: what depends on it is changed only when the check has passed.

    Its outputs keep the names that states of stacks already have.
    """

    version: pulumi.Output[str]
    licence: pulumi.Output[str]
    licence_expires: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**versioned(inputs), "version": None, "licence": None, "licence_expires": None}
        super().__init__(ClusterCheckProvider(), name, props, secret_outputs(opts))
