"""An inference endpoint, as a resource."""

import json
from dataclasses import asdict
from typing import Any, ClassVar

import pulumi

from components.elasticsearch import inference_endpoint, ingest_pipeline
from components.elasticsearch.client.client import Client
from components.elasticsearch.dynamic.provider import ClusterProvider, secret_outputs
from components.elasticsearch.dynamic.values import CONNECTION, Values, claim_of, versioned, was_made
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.generations import frozen_pipeline, users
from components.elasticsearch.identity import canonical
from components.elasticsearch.inference_endpoint import Endpoint
from components.elasticsearch.ownership import another_stacks


class InferenceEndpointProvider(ClusterProvider):
    """Keeps the endpoint as wanted; its API key cannot be read back, so a changed key is always written."""

    called = "Inference endpoint"
    name_key = "inference_id"
    replaced_by = ("inference_id",)
    local: ClassVar[tuple[str, ...]] = CONNECTION

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Create, adopt, update or replace the endpoint; raises ConflictError when another stack uses it."""
        # An adopted index is handed over together with the endpoints of that name.
        inference_id, claim = str(news["inference_id"]), claim_of(news, olds, "inference_id")
        pipelines = users.made_by_stacks(client)
        owners = users.owners_of_endpoints(pipelines, _family(news))
        foreign = sorted(owner for owner in owners if not claim.covers(owner))
        if foreign:
            what = f"Inference endpoint {inference_id}"
            raise ConflictError(another_stacks(what, foreign[0], "<the name of the index>"))
        # A stack that lost its state: its own pipelines embed by this very endpoint.
        used = any(inference_id in ingest_pipeline.inference_ids(body) for body in pipelines.values())
        inference_endpoint.converge(
            client,
            inference_id,
            Endpoint(**json.loads(str(news["body"]))),
            str(news["embeddings_api_key"]),
            ours=was_made(news, olds, "inference_id") or claim.handed_over or used,
            new_key=olds is None or olds.get("embeddings_api_key") != news["embeddings_api_key"],
        )
        return {}

    def live(self, client: Client, values: Values) -> Values | None:
        """Return the endpoint's body as Elasticsearch has it."""
        found = inference_endpoint.read_live(client, str(values["inference_id"]))
        if found is None:
            return None
        return {"body": canonical(asdict(found.endpoint) if found.endpoint else found.shown())}

    def remove(self, client: Client, values: Values) -> None:
        """Delete the endpoint, unless it is another stack's; Elasticsearch refuses while pipelines use it.

        One that the stack's own pipeline uses is left: an update that was interrupted and taken back made it anew.
        """
        inference_id, claim = str(values["inference_id"]), claim_of(values)
        pipelines = users.made_by_stacks(client)
        owners = users.owners_of_endpoints(pipelines, _family(values))
        foreign = [one for one in owners if not claim.covers(one)]
        if foreign:
            print(
                f"Inference endpoint {inference_id} belongs to the stack {foreign[0]}: it was left.",
                flush=True,
            )
            return
        own = [body for name, body in pipelines.items() if not frozen_pipeline.is_kept(body)]
        if not any(inference_id in ingest_pipeline.inference_ids(body) for body in own):
            inference_endpoint.delete_trial(client, inference_id)
            inference_endpoint.delete(client, inference_id)


def _family(values: Values) -> str:
    """Return the name with which those of all endpoints of the stack begin; earlier versions made only that one."""
    return str(values.get("family") or values["inference_id"])


class InferenceEndpointResource(pulumi.dynamic.Resource, module="elasticsearch", name="InferenceEndpoint"):
    """The resource of the endpoint."""

    inference_id: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(InferenceEndpointProvider(), name, versioned(inputs), secret_outputs(opts))
