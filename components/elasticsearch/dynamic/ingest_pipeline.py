"""The ingest pipeline, as a resource."""

import json
from typing import Any

import pulumi

from components.elasticsearch import frozen, pipeline
from components.elasticsearch.client import Client
from components.elasticsearch.dynamic.provider import (
    ClusterProvider,
    Values,
    secret_outputs,
    versioned,
)
from components.elasticsearch.identity import canonical


class IngestPipelineProvider(ClusterProvider):
    """Keeps the pipeline what is wanted."""

    called = "Ingest pipeline"
    name_key = "pipeline_id"
    replaced_by = ("pipeline_id",)

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Make, adopt or overwrite the pipeline, if it is another than wanted.

        Generations that it would embed wrongly for get a pipeline of their own first.
        """
        pipeline_id, inference_id = str(news["pipeline_id"]), str(news["inference_id"])
        body = json.loads(str(news["body"]))
        pipeline.converge(
            client,
            pipeline_id,
            body,
            inference_id,
            ours=olds is not None and olds["url"] == news["url"],
            before=lambda: frozen.freeze_users(client, pipeline_id, body, inference_id),
        )
        before = str(olds["inference_id"]) if olds else inference_id
        if before != inference_id:
            frozen.redirect(client, "*", before, inference_id)
        return {}

    def live(self, client: Client, values: Values) -> Values | None:
        """Return the pipeline's body as Elasticsearch has it."""
        found = pipeline.read_live(client, str(values["pipeline_id"]))
        return None if found is None else {"body": canonical(found)}

    def remove(self, client: Client, values: Values) -> None:
        """Delete the pipeline, which Elasticsearch refuses while an index uses it."""
        pipeline.delete(client, str(values["pipeline_id"]))


class IngestPipelineResource(pulumi.dynamic.Resource, module="elasticsearch", name="IngestPipeline"):
    """The resource of the pipeline."""

    pipeline_id: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(IngestPipelineProvider(), name, versioned(inputs), secret_outputs(opts))
