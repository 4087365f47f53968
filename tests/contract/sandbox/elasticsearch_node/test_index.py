"""Searches by the vector builder, and updates by a script, on an index whose pipeline embeds."""

from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.contract.sandbox.elasticsearch_node.documents import TEXTS
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("text", TEXTS)
def test_a_vector_builder_finds_what_the_vector_itself_finds(node: Node, documents: str, text: str) -> None:
    knn = {"field": "vector", "k": 4, "num_candidates": 10}
    builder = {"text_embedding": {"model_id": "embedder", "model_text": text}}
    built = node.send("POST", f"/{documents}/_search", {"knn": {**knn, "query_vector_builder": builder}})
    given = node.send("POST", f"/{documents}/_search", {"knn": {**knn, "query_vector": embedding(text, 8)}})
    found = [(hit["_id"], hit["_score"]) for hit in built.json()["hits"]["hits"]]
    assert found[0] == (text, pytest.approx(1.0, abs=1e-5))
    assert found == [
        (hit["_id"], pytest.approx(hit["_score"], abs=1e-6)) for hit in given.json()["hits"]["hits"]
    ]


@pytest.mark.parametrize(
    ("builder", "status", "reason"),
    [
        (
            {"model_id": "other", "model_text": "x"},
            404,
            "[other] is not an inference service model or a deployed ml model",
        ),
        ({"model_text": "x"}, 400, "[model_id] must not be null."),
        ({"model_id": "embedder", "model_text": "x", "dims": 2}, 400, "unknown field [dims]"),
    ],
)
def test_a_faulty_vector_builder_is_refused(
    node: Node, documents: str, *, builder: dict[str, Any], status: int, reason: str
) -> None:
    knn = {
        "field": "vector",
        "k": 1,
        "num_candidates": 10,
        "query_vector_builder": {"text_embedding": builder},
    }
    answer = node.send("POST", f"/{documents}/_search", {"knn": knn})
    assert answer.status_code == status
    assert reason in answer.text


def test_a_built_vector_of_another_width_than_the_field_is_refused(
    node: Node, model: EmbeddingServer, documents: str
) -> None:
    model.width = 4
    builder = {"text_embedding": {"model_id": "embedder", "model_text": "x"}}
    knn = {"field": "vector", "k": 1, "num_candidates": 10, "query_vector_builder": builder}
    error = error_of(node.send("POST", f"/{documents}/_search", {"knn": knn}))
    assert error["type"] == "search_phase_execution_exception"
    assert error["root_cause"][0]["type"] == "query_shard_exception"
    assert error["root_cause"][0]["reason"] == (
        "failed to create query: The query vector has a different number of dimensions [4] "
        "than the document vectors [8]."
    )


def test_a_document_whose_vector_was_appended_is_refused(node: Node, documents: str) -> None:
    vector = embedding("red", 8)
    answer = node.send("PUT", f"/{documents}/_doc/red", {"content": "red", "vector": vector})
    assert (answer.status_code, error_of(answer)["type"]) == (400, "document_parsing_exception")


def test_an_update_by_a_script_runs_the_pipeline_again(node: Node, documents: str) -> None:
    script = {"source": "ctx._source.seen = ctx._source.content.length()"}
    appended = node.send("POST", f"/{documents}/_update/red", {"script": script})
    assert (appended.status_code, error_of(appended)["type"]) == (400, "document_parsing_exception")
    script["source"] += "; ctx._source.remove('vector')"
    answer = node.send("POST", f"/{documents}/_update/red", {"script": script})
    assert answer.status_code == 200, answer.text
    assert node.send("GET", f"/{documents}/_doc/red").json()["_source"]["seen"] == 3
