"""The ingest pipelines: bodies of those that embed documents, and how the stack's own is kept as it is wanted."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.endpoints import is_of
from components.elasticsearch.errors import ConflictError, NotFoundError, RefusedError
from components.elasticsearch.fields import CONTENT, VECTOR
from components.elasticsearch.identity import MANAGED_BY, Identity
from components.elasticsearch.ownership import OWNER, Claim, another_stacks, is_managed, owner_of
from components.elasticsearch.pipeline_scripts import (
    FINISH,
    PREFIX,
    PREFIXED,
    PREPARE,
    PREPARED,
    TEXT,
    TRUNCATE,
)
from components.elasticsearch.reconcile import NOTHING, Step, reconcile


def build_pipeline(
    *, inference_id: str, model: str, document_prefix: str, dims: int, owner: str = ""
) -> dict[str, Any]:
    """Return the body of the stack's pipeline: it embeds `content` into `content_embedding`.

    The endpoint `inference_id` adds the model's document prefix and returns `dims` numbers; the prefix is only noted
    here. A digest of the text is stored beside the vector. A document without content is left as it is. Nothing here
    depends on the quantisation, whose change leaves the pipeline as it is.
    """
    return {
        "description": f"Embeds {CONTENT} with {model} in {dims} dimensions",
        "processors": [
            _script(f"{PREPARE}{PREPARED}", {}),
            _inference(inference_id, TEXT),
            _script(f"{FINISH}\n}}", {}),
        ],
        "_meta": {
            "managed_by": MANAGED_BY,
            "model": model,
            "dims": dims,
            "document_prefix": document_prefix,
            **({OWNER: owner} if owner else {}),
        },
    }


def build_explicit(identity: Identity, inference_id: str) -> dict[str, Any]:
    """Return the body of a pipeline that embeds by itself as documents of that identity are embedded.

    It adds the prefix, and below the model's width it truncates the vector and makes its length 1 again: the endpoint
    `inference_id` takes texts as they come, and returns all numbers of the model.
    """
    truncates = identity.dims < identity.width
    return {
        "description": f"Embeds {CONTENT} with {identity.model} in {identity.dims} dimensions",
        "processors": [
            _script(f"{PREPARE}{PREFIX}{PREPARED}", {"prefix": identity.document_prefix}),
            _inference(inference_id, PREFIXED),
            _script(
                f"{FINISH}{TRUNCATE if truncates else ''}\n}}", {"dims": identity.dims} if truncates else {}
            ),
        ],
    }


def embeds_as(body: Mapping[str, Any], identity: Identity) -> bool:
    """Tell whether the stack's pipeline embeds as the documents of a generation were embedded, by the same model."""
    meta = body.get("_meta", {})
    return (meta.get("dims"), meta.get("document_prefix")) == (identity.dims, identity.document_prefix)


def read_live(client: Requests, pipeline_id: str) -> dict[str, Any] | None:
    """Return the pipeline of that name without the dates that the server adds, or None."""
    answer = client.find(f"/_ingest/pipeline/{pipeline_id}")
    if not answer or pipeline_id not in answer:
        return None
    return without_dates(answer[pipeline_id])


def without_dates(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pipeline without created_date, modified_date and their _millis, which are not part of it."""
    return {
        key: value for key, value in body.items() if not key.startswith(("created_date", "modified_date"))
    }


def inference_ids(body: Mapping[str, Any]) -> list[str]:
    """Return the endpoints that a pipeline embeds with."""
    found = [one["inference"].get("model_id") for one in body.get("processors", []) if "inference" in one]
    return [str(one) for one in found]


def plan(
    pipeline_id: str,
    live: Mapping[str, Any] | None,
    body: Mapping[str, Any],
    inference_id: str,
    *,
    claim: Claim,
    ours: bool,
) -> Step:
    """Decide how the live pipeline becomes `body`, which embeds with an endpoint of the family of `inference_id`.

    `claim` says whose pipelines are the stack's; `ours` that this one is, even if somebody removed its mark.
    Raises ConflictError when another pipeline has the name: another stack's, or one made by hand that does not embed
    with our endpoint.
    """
    if live == dict(body):
        return Step(action=NOTHING)
    meta = (live or {}).get("_meta", {})
    if is_managed(meta) and not claim.covers(owner_of(meta)):
        raise ConflictError(
            another_stacks(f"Ingest pipeline {pipeline_id}", owner_of(meta), "<the name of the index>")
        )
    if live is not None and not ours and not is_managed(meta) and not _embeds_with(live, inference_id):
        raise ConflictError(
            f"There is an ingest pipeline {pipeline_id} already that does not embed with {inference_id} "
            f"({live.get('description') or 'it has no description'}). Set elasticsearchPipelineId to a name that "
            f"is free, or delete that pipeline (DELETE /_ingest/pipeline/{pipeline_id})."
        )
    return Step(action="write")


def converge(
    client: Requests,
    pipeline_id: str,
    body: Mapping[str, Any],
    inference_id: str,
    *,
    claim: Claim,
    ours: bool,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Make the pipeline `body`; `before` is called before it is written. The other arguments are as in `plan`.

    Raises what `plan` raises.
    """

    def write(_live: Mapping[str, Any] | None, _: Step) -> None:
        before()
        client.request("PUT", f"/_ingest/pipeline/{pipeline_id}", body)

    def decide(live: Mapping[str, Any] | None, taken: Sequence[str]) -> Step:
        # Elasticsearch has accepted the pipeline: it may show a part of it in another form than it was given.
        if live is not None and taken:
            return Step(action=NOTHING)
        return plan(pipeline_id, live, body, inference_id, claim=claim, ours=ours)

    reconcile(
        f"Ingest pipeline {pipeline_id}",
        read=lambda: read_live(client, pipeline_id),
        plan=decide,
        carry_out=write,
    )


def delete(client: Requests, pipeline_id: str) -> None:
    """Delete the pipeline if it is there; raises ConflictError, naming them, while indices use it."""
    try:
        client.request("DELETE", f"/_ingest/pipeline/{pipeline_id}")
    except NotFoundError:
        return
    except RefusedError as error:
        if error.status != HTTPStatus.BAD_REQUEST or "cannot be deleted" not in error.reason:
            raise
        raise ConflictError(
            f"Ingest {error.reason}. Give those indices another pipeline "
            '(PUT /<index>/_settings {"index.default_pipeline": "_none"}), or delete them, and run the command again.'
        ) from error


def _embeds_with(body: Mapping[str, Any], inference_id: str) -> bool:
    ids = inference_ids(body)
    return len(ids) == 1 and is_of(ids[0], inference_id)


def _inference(inference_id: str, field: str) -> dict[str, Any]:
    return {
        "inference": {
            "model_id": inference_id,
            "input_output": {"input_field": field, "output_field": VECTOR},
            "ignore_missing": True,
        }
    }


def _script(source: str, params: Mapping[str, Any]) -> dict[str, Any]:
    script: dict[str, Any] = {"lang": "painless", "source": source}
    if params:
        script["params"] = dict(params)
    return {"script": script}
