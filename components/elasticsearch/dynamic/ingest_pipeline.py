"""The ingest pipeline, as a resource."""

import json
from dataclasses import replace
from typing import Any, ClassVar

import pulumi

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Client
from components.elasticsearch.dynamic.provider import ClusterProvider, secret_outputs
from components.elasticsearch.dynamic.values import CONNECTION, Values, claim_of, versioned, was_made
from components.elasticsearch.endpoints import full_id
from components.elasticsearch.generations import frozen_pipeline
from components.elasticsearch.identity import canonical
from components.elasticsearch.ownership import is_managed, owner_of


class IngestPipelineProvider(ClusterProvider):
    """Keeps the pipeline as wanted."""

    called = "Ingest pipeline"
    name_key = "pipeline_id"
    replaced_by = ("pipeline_id",)
    local: ClassVar[tuple[str, ...]] = CONNECTION

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Create, adopt or overwrite the pipeline if it differs from what is wanted.

        Generations for which the new pipeline would embed wrongly get a pipeline of their own first.
        """
        pipeline_id, inference_id = str(news["pipeline_id"]), str(news["inference_id"])
        body = json.loads(str(news["body"]))
        claim = claim_of(news, olds, "pipeline_id")
        ingest_pipeline.converge(
            client,
            pipeline_id,
            body,
            inference_id,
            claim=claim,
            ours=was_made(news, olds, "pipeline_id"),
            before=lambda: frozen_pipeline.freeze_users(client, pipeline_id, body, full_id(inference_id)),
        )
        former = str(olds["inference_id"]) if olds else inference_id
        # Earlier versions kept pipelines on the endpoint that people name, whose dims are about to change.
        before = {former, full_id(former)}
        frozen_pipeline.redirect(client, replace(claim, handed_over=False), before, full_id(inference_id))
        return {}

    def live(self, client: Client, values: Values) -> Values | None:
        """Return the pipeline's body as Elasticsearch has it."""
        found = ingest_pipeline.read_live(client, str(values["pipeline_id"]))
        return None if found is None else {"body": canonical(found)}

    def remove(self, client: Client, values: Values) -> None:
        """Delete the pipeline, unless it is another stack's; Elasticsearch refuses while an index uses it."""
        pipeline_id = str(values["pipeline_id"])
        meta = (ingest_pipeline.read_live(client, pipeline_id) or {}).get("_meta", {})
        if is_managed(meta) and not claim_of(values).covers(owner_of(meta)):
            print(
                f"Ingest pipeline {pipeline_id} belongs to the stack {owner_of(meta)}: it was left.",
                flush=True,
            )
            return
        ingest_pipeline.delete(client, pipeline_id)


class IngestPipelineResource(pulumi.dynamic.Resource, module="elasticsearch", name="IngestPipeline"):
    """The resource of the pipeline."""

    pipeline_id: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(IngestPipelineProvider(), name, versioned(inputs), secret_outputs(opts))
