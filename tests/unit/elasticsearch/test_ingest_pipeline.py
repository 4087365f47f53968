"""The pipeline: its exact body at every number of dimensions, and whose pipeline it may overwrite."""

from contextlib import nullcontext
from typing import Any

import pytest

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.failures import refusal
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.ownership import Claim
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster, missing

PATH = "/_ingest/pipeline/jina-embeddings"

PREPARE = """\
def made = ctx.remove('content_digest');
if (ctx.content != null && ctx.content != '') {
  ctx._inference_input = params.prefix + ctx.content;
  ctx.remove('content_embedding');
  def kept = ctx.remove('model_id');
  if (kept != null) { ctx._kept_model_id = kept; }
} else if (made != null) {
  ctx.remove('content_embedding');
}"""

FINISH = """\
if (ctx._inference_input != null) {
  ctx.remove('_inference_input');
  ctx.remove('model_id');
  def kept = ctx.remove('_kept_model_id');
  if (kept != null) { ctx.model_id = kept; }
  ctx.content_digest = ('' + ctx.content).sha256();
}"""

FINISH_TRUNCATED = """\
if (ctx._inference_input != null) {
  ctx.remove('_inference_input');
  ctx.remove('model_id');
  def kept = ctx.remove('_kept_model_id');
  if (kept != null) { ctx.model_id = kept; }
  ctx.content_digest = ('' + ctx.content).sha256();
  def whole = ctx.content_embedding;
  double squares = 0;
  for (int i = 0; i < params.dims; i++) { double value = whole[i]; squares += value * value; }
  double length = squares > 0 ? Math.sqrt(squares) : 1;
  List truncated = new ArrayList();
  for (int i = 0; i < params.dims; i++) { double value = whole[i]; truncated.add(value / length); }
  ctx.content_embedding = truncated;
}"""


def body(dims: int = 768, prefix: str = "Document: ") -> dict[str, Any]:
    """Build the pipeline of a model of 768 numbers."""
    return ingest_pipeline.build_pipeline(
        inference_id="jina-local", model="m", document_prefix=prefix, dims=dims, width=768
    )


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_the_body_is_exactly_this(dims: int) -> None:
    whole = {"script": {"lang": "painless", "source": FINISH}}
    truncated = {"script": {"lang": "painless", "source": FINISH_TRUNCATED, "params": {"dims": dims}}}
    assert body(dims) == {
        "description": f"Embeds content with m in {dims} dimensions",
        "processors": [
            {"script": {"lang": "painless", "source": PREPARE, "params": {"prefix": "Document: "}}},
            {
                "inference": {
                    "model_id": "jina-local",
                    "input_output": {
                        "input_field": "_inference_input",
                        "output_field": "content_embedding",
                    },
                    "ignore_missing": True,
                }
            },
            whole if dims == 768 else truncated,
        ],
        "_meta": {"managed_by": "jina-search", "model": "m", "dims": dims},
    }


def test_a_model_without_prefixes_gets_the_content_alone() -> None:
    assert body(prefix="")["processors"][0]["script"]["params"] == {"prefix": ""}


SEED = {"processors": [{"inference": {"model_id": "jina-local"}}]}
FOREIGN = {"description": "Adds a date", "processors": [{"set": {"field": "a", "value": 1}}]}


@pytest.mark.parametrize(
    ("live", "ours", "written"),
    [
        (None, False, True),
        ({**body(), "created_date_millis": 1, "modified_date_millis": 2}, False, False),
        (body(256), False, True),
        (SEED, False, True),
        (FOREIGN, True, True),
    ],
    ids=["missing", "as wanted", "of other dims", "made by hand for our endpoint", "ours, edited by hand"],
)
def test_only_a_difference_is_written(live: dict[str, Any] | None, ours: bool, written: bool) -> None:
    there = missing() if live is None else {"jina-embeddings": live}
    cluster = RecordedCluster({f"GET {PATH}": [there, {"jina-embeddings": body()}]})
    ingest_pipeline.converge(cluster, "jina-embeddings", body(), "jina-local", claim=Claim(), ours=ours)
    assert cluster.written == ([f"PUT {PATH}"] if written else [])


def test_a_pipeline_of_somebody_else_is_left_alone() -> None:
    cluster = RecordedCluster({f"GET {PATH}": {"jina-embeddings": FOREIGN}})
    with pytest.raises(ConflictError, match=r"jina-embeddings.*Adds a date.*elasticsearchPipelineId"):
        ingest_pipeline.converge(cluster, "jina-embeddings", body(), "jina-local", claim=Claim(), ours=False)
    assert cluster.written == []


@pytest.mark.parametrize(
    ("owner", "claim", "refused"),
    [
        ("mine", Claim(owner="mine"), False),
        ("theirs", Claim(owner="mine"), True),
        ("theirs", Claim(owner="mine", handed_over=True), False),
        ("", Claim(owner="mine"), True),
        ("", Claim(owner="mine", unowned=True), False),
    ],
    ids=["ours", "another stack's", "handed over", "nobody's", "nobody's, and in our state"],
)
def test_a_pipeline_of_another_stack_is_left_alone_unless_it_is_handed_over(
    owner: str, claim: Claim, refused: bool
) -> None:
    live = {**body(256), "_meta": {**body(256)["_meta"], "owner": owner}}
    there = [{"jina-embeddings": one} for one in (live, body())]
    cluster = RecordedCluster({f"GET {PATH}": there})

    with pytest.raises(ConflictError, match="elasticsearchAdopt") if refused else nullcontext():
        ingest_pipeline.converge(cluster, "jina-embeddings", body(), "jina-local", claim=claim, ours=True)

    assert cluster.written == ([] if refused else [f"PUT {PATH}"])


def test_a_pipeline_in_use_is_not_deleted_and_its_indices_are_named() -> None:
    reason = (
        "pipeline [jina-embeddings] cannot be deleted because it is the default pipeline for 1 index(es) [a]"
    )
    error = {"error": {"type": "illegal_argument_exception", "reason": reason}}
    cluster = RecordedCluster({f"DELETE {PATH}": refusal(CONNECTION, "DELETE", 400, error)})
    with pytest.raises(ConflictError, match=r"default pipeline for 1 index.*\[a\].*_none"):
        ingest_pipeline.delete(cluster, "jina-embeddings")


def test_deleting_a_missing_pipeline_is_no_error() -> None:
    cluster = RecordedCluster({f"DELETE {PATH}": missing()})
    ingest_pipeline.delete(cluster, "jina-embeddings")
    assert cluster.written == [f"DELETE {PATH}"]
