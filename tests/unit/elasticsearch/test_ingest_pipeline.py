"""The pipelines: who adds the prefix and cuts the vector, and whose pipeline may be overwritten."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.failures import refusal
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.ownership import Claim
from tests.unit.elasticsearch.recording import CONNECTION, IDENTITY, RecordedCluster, missing

PATH = "/_ingest/pipeline/jina-embeddings"


def body(dims: int = 768, prefix: str = "Document: ") -> dict[str, Any]:
    """Build the stack's pipeline."""
    return ingest_pipeline.build_pipeline(
        inference_id=f"jina-local-document-{dims}", model="m", document_prefix=prefix, dims=dims
    )


def shape(body: dict[str, Any]) -> list[Any]:
    """Return what a pipeline embeds with, and the parameters of its scripts."""
    return [
        one["inference"] if "inference" in one else one["script"].get("params", {})
        for one in body["processors"]
    ]


def inference(inference_id: str, field: str) -> dict[str, Any]:
    """Return an inference processor that skips documents without a text."""
    fields = {"input_field": f"_embedding_scratch.{field}", "output_field": "content_embedding"}
    return {"model_id": inference_id, "input_output": fields, "ignore_missing": True}


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
def test_the_stacks_pipeline_leaves_prefix_and_dims_to_its_endpoint(dims: int) -> None:
    made = body(dims)
    assert shape(made) == [{}, inference(f"jina-local-document-{dims}", "text"), {}]
    assert made["processors"] == body(dims, prefix="")["processors"]
    assert made["description"] == f"Embeds content with m in {dims} dimensions"
    assert made["_meta"] == {
        "managed_by": "jina-search",
        "model": "m",
        "dims": dims,
        "document_prefix": "Document: ",
    }


@pytest.mark.parametrize("dims", [32, 768])
def test_an_explicit_pipeline_adds_the_prefix_and_truncates_itself(dims: int) -> None:
    made = ingest_pipeline.build_explicit(replace(IDENTITY, dims=dims), "jina-local-full")
    cut = {} if dims == 768 else {"dims": dims}
    assert shape(made) == [{"prefix": "Document: "}, inference("jina-local-full", "prefixed"), cut]
    assert ("truncated" in made["processors"][-1]["script"]["source"]) == (dims < 768)


@pytest.mark.parametrize(
    ("change", "same"), [({}, True), ({"dims": 256}, False), ({"document_prefix": ""}, False)]
)
def test_dims_and_prefix_tell_whether_the_pipeline_embeds_as_a_generation(
    change: dict[str, Any], same: bool
) -> None:
    assert ingest_pipeline.embeds_as(body(), replace(IDENTITY, **change)) is same


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
