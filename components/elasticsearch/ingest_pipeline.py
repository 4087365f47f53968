"""The ingest pipeline: the one place that knows prefix, inference, truncation and clean-up.

Facts of Elasticsearch it rests on: the inference processor appends to an output field that exists and writes
`model_id` beside it; its vector is an array of doubles, not a list, so that `.length` and `[i]` serve for both.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import ConflictError, NotFoundError, RefusedError
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from components.elasticsearch.identity import MANAGED_BY
from components.elasticsearch.ownership import OWNER, Claim, another_stacks, is_managed, owner_of
from components.elasticsearch.reconcile import NOTHING, Step, reconcile

INPUT = "_inference_input"
KEPT_MODEL_ID = "_kept_model_id"

PREPARE = f"""\
def made = ctx.remove('{DIGEST}');
if (ctx.{CONTENT} != null && ctx.{CONTENT} != '') {{
  ctx.{INPUT} = params.prefix + ctx.{CONTENT};
  ctx.remove('{VECTOR}');
  def kept = ctx.remove('model_id');
  if (kept != null) {{ ctx.{KEPT_MODEL_ID} = kept; }}
}} else if (made != null) {{
  ctx.remove('{VECTOR}');
}}"""
"""Sets the text to embed, and clears the way: the processor appends to what is there. A field of the document
that is itself called model_id is put aside. An embedding that was made of a text goes with the text; one that a
document without content brings stays."""

FINISH = f"""\
if (ctx.{INPUT} != null) {{
  ctx.remove('{INPUT}');
  ctx.remove('model_id');
  def kept = ctx.remove('{KEPT_MODEL_ID}');
  if (kept != null) {{ ctx.model_id = kept; }}
  ctx.{DIGEST} = ('' + ctx.{CONTENT}).sha256();"""
"""Takes away what the embedding needed, gives the document its own model_id back, and notes what was embedded."""

TRUNCATE = f"""
  def whole = ctx.{VECTOR};
  double squares = 0;
  for (int i = 0; i < params.dims; i++) {{ double value = whole[i]; squares += value * value; }}
  double length = squares > 0 ? Math.sqrt(squares) : 1;
  List truncated = new ArrayList();
  for (int i = 0; i < params.dims; i++) {{ double value = whole[i]; truncated.add(value / length); }}
  ctx.{VECTOR} = truncated;"""
"""Keeps the first numbers (Matryoshka) in a list of its own, and makes its length 1 again."""


def build_pipeline(
    *, inference_id: str, model: str, document_prefix: str, dims: int, width: int, owner: str = ""
) -> dict[str, Any]:
    """Return the pipeline's body: it embeds `content` with the model's document prefix into `content_embedding`.

    It stores a digest of the text beside it. A document without content is left as it is. Below the model's width the
    vector is truncated to `dims` numbers and normalised. Nothing here depends on the quantisation, whose change leaves
    the pipeline as it is.
    """
    return {
        "description": f"Embeds {CONTENT} with {model} in {dims} dimensions",
        "processors": [
            _script(PREPARE, {"prefix": document_prefix}),
            {
                "inference": {
                    "model_id": inference_id,
                    "input_output": {"input_field": INPUT, "output_field": VECTOR},
                    "ignore_missing": True,
                }
            },
            _finish(dims, width),
        ],
        "_meta": {
            "managed_by": MANAGED_BY,
            "model": model,
            "dims": dims,
            **({OWNER: owner} if owner else {}),
        },
    }


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
    """Decide how the live pipeline becomes `body`, which embeds with `inference_id`.

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
    if live is not None and not ours and not is_managed(meta) and inference_ids(live) != [inference_id]:
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


def _finish(dims: int, width: int) -> dict[str, Any]:
    if dims < width:
        return _script(f"{FINISH}{TRUNCATE}\n}}", {"dims": dims})
    return _script(f"{FINISH}\n}}", {})


def _script(source: str, params: Mapping[str, Any]) -> dict[str, Any]:
    script: dict[str, Any] = {"lang": "painless", "source": source}
    if params:
        script["params"] = dict(params)
    return {"script": script}
