"""The requests of a search."""

from typing import Any

import pytest

from components.elasticsearch.embedding.queries import (
    Question,
    builder_body,
    ranking_bodies,
    retriever_body,
    semantic_body,
    text_body,
)

FILTER = {"term": {"language": {"value": "de"}}}
KNN = {
    "field": "content_embedding",
    "query_vector": [0.6, 0.8],
    "k": 2,
    "num_candidates": 200,
    "filter": [FILTER],
}

OF_EACH = {"filter", "min_score", "_name"}
SPECIFIED: dict[str, tuple[set[str], set[str]]] = {
    "rrf": ({"retrievers"}, {"rank_constant", "rank_window_size", "query", "fields", *OF_EACH}),
    "knn": (
        {"field", "k", "num_candidates"},
        {"query_vector", "query_vector_builder", "similarity", "rescore_vector", *OF_EACH},
    ),
    "standard": (set(), {"query", "search_after", "terminate_after", "sort", "collapse", *OF_EACH}),
}
"""The required and the optional fields of each retriever, by the types that Elastic makes from its specification for
the client @elastic/elasticsearch 9.1.0 (lib/api/types.d.ts)."""


def question(**changes: Any) -> Question:
    """Return a question to an index that keeps vectors in full."""
    asked = {"text": "cats", "vector": [0.6, 0.8], "index_options": "hnsw", "size": 2, "filters": [FILTER]}
    return Question(**{**asked, **changes})


def without_what_is_shown(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request without the parts that every search has."""
    assert body["_source"] == {"excludes": ["content_embedding", "content_digest"]}
    assert body["highlight"]["highlight_query"] == {"match": {"content": {"query": "cats"}}}
    return {key: value for key, value in body.items() if key not in ("_source", "highlight")}


def test_by_meaning() -> None:
    assert without_what_is_shown(semantic_body(question())) == {"size": 2, "knn": KNN}


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ([], {"match": {"content": {"query": "cats"}}}),
        ([FILTER], {"bool": {"must": [{"match": {"content": {"query": "cats"}}}], "filter": [FILTER]}}),
    ],
)
def test_by_words(filters: list[dict[str, Any]], query: dict[str, Any]) -> None:
    body = text_body(question(filters=filters, vector=()))
    assert without_what_is_shown(body) == {"size": 2, "query": query}


def test_the_retriever_fuses_windows_of_both_sides_under_the_same_filter() -> None:
    standard = {"query": {"match": {"content": {"query": "cats"}}}, "filter": [FILTER]}
    rrf = {
        "retrievers": [{"knn": {**KNN, "k": 100}}, {"standard": standard}],
        "rank_constant": 60,
        "rank_window_size": 100,
    }
    assert without_what_is_shown(retriever_body(question())) == {"size": 2, "retriever": {"rrf": rrf}}


@pytest.mark.parametrize("options", ["hnsw", "int8_hnsw", "bbq_flat"])
def test_the_retriever_has_the_fields_of_elasticsearchs_specification(options: str) -> None:
    """Checks the request as well as a node without the retriever's module allows."""
    rrf = retriever_body(question(index_options=options))["retriever"]["rrf"]
    knn, standard = rrf["retrievers"][0]["knn"], rrf["retrievers"][1]["standard"]
    for kind, sent in (("rrf", rrf), ("knn", knn), ("standard", standard)):
        required, optional = SPECIFIED[kind]
        assert required <= sent.keys() <= required | optional, kind
    assert knn.get("rescore_vector", {"oversample": 1}).keys() == {"oversample"}


def test_a_window_is_never_smaller_than_the_size() -> None:
    assert retriever_body(question(size=500))["retriever"]["rrf"]["rank_window_size"] == 500


def test_the_rankings_that_are_fused_here_are_those_of_the_retriever() -> None:
    semantic, text = ranking_bodies(question(), "point")
    inner = retriever_body(question())["retriever"]["rrf"]["retrievers"]
    assert semantic["knn"] == inner[0]["knn"]
    assert text["query"]["bool"]["must"] == [inner[1]["standard"]["query"]]
    assert text["query"]["bool"]["filter"] == inner[1]["standard"]["filter"]
    for body in (semantic, text):
        assert body["size"] == 100
        assert body["pit"] == {"id": "point"}
        assert body["sort"] == [{"_score": "desc"}, {"_shard_doc": "asc"}]


def test_the_builders_body_is_exactly_this() -> None:
    text = "my app keeps getting killed in the cluster"
    assert builder_body("jina-local", text, 2, "hnsw") == {
        "size": 2,
        "knn": {
            "field": "content_embedding",
            "query_vector_builder": {"text_embedding": {"model_id": "jina-local-query", "model_text": text}},
            "k": 2,
            "num_candidates": 200,
        },
    }
