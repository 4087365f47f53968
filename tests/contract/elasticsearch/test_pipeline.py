"""Effects of the pipeline's scripts on documents; Painless compiles and runs them on the node."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.digest import digest_of, text_of
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.ingest_pipeline import build_explicit
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

pytestmark = pytest.mark.sandbox


def through_pipeline(client: Client, source: dict[str, Any]) -> dict[str, Any]:
    """Return a document as it is after the pipeline."""
    body = client.request("GET", "/_ingest/pipeline/jina-embeddings")["jina-embeddings"]
    return through_processors(client, body["processors"], source)


def through_processors(client: Client, processors: list[Any], source: dict[str, Any]) -> dict[str, Any]:
    """Return a document as it is after these processors."""
    body = {"pipeline": {"processors": processors}, "docs": [{"_source": source}]}
    answer = client.request("POST", "/_ingest/pipeline/_simulate", body)["docs"][0]
    assert "doc" in answer, answer
    result: dict[str, Any] = answer["doc"]["_source"]
    return result


@pytest.fixture(params=[32, 64, 128, 256, 512, 768])
def dims(request: pytest.FixtureRequest, wanted: Wanted) -> int:
    """Make the pipeline for a number of dimensions, and return that number."""
    wanted.dims, wanted.demo_documents = int(request.param), False
    StackResources().up(wanted)
    return wanted.dims


def test_scripts_do_as_they_should_at_every_dims(dims: int, client: Client, model: EmbeddingServer) -> None:
    def embedded(text: str) -> Any:
        return pytest.approx(truncate(embedding(f"Document: {text}", 768), dims), abs=1e-6)

    # A plain document.
    plain = {"content": "text", "content_embedding": embedded("text"), "content_digest": digest_of("text")}
    assert through_pipeline(client, {"content": "text"}) == plain
    # A document that carries the embedding of an earlier content, as a reindex brings it.
    stale = {
        "content": "new",
        "content_embedding": [0.5] * dims,
        "content_digest": digest_of("old"),
        "model_id": "jina-local",
    }
    assert through_pipeline(client, stale)["content_embedding"] == embedded("new")
    assert through_pipeline(client, stale)["content_digest"] == digest_of("new")
    # The document has a field of the same name as one that the processor writes.
    own = through_pipeline(client, {"content": "text", "model_id": "T-800", "other": [1]})
    assert own == {
        **plain,
        "model_id": "T-800",
        "other": [1],
    }
    # Documents without content, or with an empty one, are left as they are.
    before = len(model.texts)
    for source in (
        {"title": "a"},
        {"content": None, "model_id": "T-800"},
        {"content": ""},
        {"content_embedding": [1.0] * dims},
    ):
        assert through_pipeline(client, source) == source
    # When somebody removes the content, its embedding is removed too.
    for gone in ({}, {"content": None}, {"content": ""}):
        emptied = {**gone, "content_embedding": [0.5] * dims, "content_digest": digest_of("old")}
        assert through_pipeline(client, emptied) == gone
    assert len(model.texts) == before


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (["one", "two"], "one\ntwo"),
        (["one", None, "", ["two", 3, 2.5, True]], "one\ntwo\n3\n2.5\ntrue"),
        (["alone"], "alone"),
        ("Document: known", "Document: known"),
    ],
)
def test_an_array_is_embedded_as_its_texts_by_every_kind_of_pipeline(
    content: object, text: str, stack: StackResources, wanted: Wanted, client: Client, model: EmbeddingServer
) -> None:
    assert stack.state
    expected = pytest.approx(embedding(f"Document: {text.removeprefix('Document: ')}", 768), abs=1e-6)
    found = through_pipeline(client, {"content": content})
    assert found == {
        "content": content,
        "content_embedding": expected,
        "content_digest": digest_of(text_of(content)),
    }
    assert text_of(content) == text
    explicit = build_explicit(wanted.identity(), "jina-local-full")["processors"]
    assert through_processors(client, explicit, {"content": content}) == found
    assert model.texts[-2:] == [f"Document: {text.removeprefix('Document: ')}"] * 2


@pytest.mark.parametrize("content", [{"content": "text"}, {}, {"content": []}, {"content": [None, ""]}])
@pytest.mark.parametrize("own", [{"text": "mine"}, "mine", 7, None])
def test_a_field_of_peoples_with_the_name_of_the_scratch_field_stays(
    content: dict[str, Any], own: object, stack: StackResources, client: Client
) -> None:
    assert stack.state
    source = {**content, "_embedding_scratch": own, "model_id": None, "_inference_input": "mine"}
    found = through_pipeline(client, source)
    assert {key: found[key] for key in source} == source
    assert ("content_embedding" in found) is (content == {"content": "text"})


def test_documents_without_content_are_indexed(stack: StackResources, client: Client) -> None:
    assert stack.state
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"title": "no content"}, query={"refresh": "true"})
    assert client.request("GET", f"/{ALIAS}/_doc/mine")["_source"] == {"title": "no content"}


def test_a_vector_of_zeros_is_truncated_without_a_division_by_zero(wanted: Wanted, client: Client) -> None:
    processors = build_explicit(replace(wanted.identity(), dims=32), "none")["processors"]
    zeros = {"_embedding_scratch": {"text": "x"}, "content_embedding": [0] * 768}
    body = {"pipeline": {"processors": processors[-1:]}, "docs": [{"_source": zeros}]}
    answer = client.request("POST", "/_ingest/pipeline/_simulate", body)["docs"][0]
    assert answer["doc"]["_source"]["content_embedding"] == [0.0] * 32


def test_a_document_put_again_has_one_embedding_of_its_new_content(
    stack: StackResources, client: Client
) -> None:
    assert stack.state
    for content in ("first", "second"):
        client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": content}, query={"refresh": "true"})
    query = {"query": {"ids": {"values": ["mine"]}}, "fields": ["content_embedding"]}
    hits = client.request("POST", f"/{ALIAS}/_search", query)["hits"]["hits"]
    expected = embedding("Document: second", 768)
    assert hits[0]["fields"]["content_embedding"] == pytest.approx(expected, abs=1e-6)


MADE_BY_HAND = {
    "processors": [
        {"script": {"source": "ctx._inference_input = 'Document: ' + ctx.content"}},
        {
            "inference": {
                "model_id": "jina-local",
                "input_output": {
                    "input_field": "_inference_input",
                    "output_field": "content_embedding",
                },
            }
        },
        {"remove": {"field": "_inference_input"}},
    ]
}


def test_a_pipeline_made_by_hand_for_our_endpoint_is_adopted(wanted: Wanted, client: Client) -> None:
    client.request("PUT", "/_ingest/pipeline/jina-embeddings", MADE_BY_HAND)
    StackResources().up(wanted)
    found = client.request("GET", "/_ingest/pipeline/jina-embeddings")["jina-embeddings"]
    assert found["_meta"]["managed_by"] == "jina-search"


def test_a_pipeline_of_somebody_else_is_left_alone(wanted: Wanted, client: Client) -> None:
    client.request("PUT", "/_ingest/pipeline/jina-embeddings", {"description": "theirs", "processors": []})
    with pytest.raises(ConflictError, match="theirs"):
        StackResources().up(wanted)
    found = client.request("GET", "/_ingest/pipeline/jina-embeddings")["jina-embeddings"]
    assert found["description"] == "theirs"
