"""Search on the node: all three modes, filters, ties, and how much of the exact answers is found."""

import base64
from typing import Any

import numpy as np
import pytest

from benchmarks.recall.measurement import recall
from benchmarks.recall.vectors import Corpus, clustered
from components.elasticsearch.client.client import Client
from components.elasticsearch.embedding import search
from components.elasticsearch.embedding.candidates import ENOUGH
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.embedding.queries import Question, ranking_bodies
from components.elasticsearch.errors import RefusedError
from components.settings.elasticsearch import INDEX_OPTIONS
from tests.fixtures.embedding_server import EmbeddingServer, embedding

pytestmark = pytest.mark.sandbox

INDEX = "searched"
DIMS = 64
TEXTS = {
    "0": "A cat sleeps.",
    "1": "A dog sleeps.",
    "2": "A cat and a dog.",
    "3": "Bread and butter.",
    "4": "A cat sleeps.",
    "5": "A dog sleeps.",
}


def make_index(client: Client, *, options: str = "int8_hnsw", shards: int = 1, dims: int = DIMS) -> None:
    """Make an empty index of vectors, with fields to narrow a search by."""
    vector = {
        "type": "dense_vector",
        "dims": dims,
        "similarity": "cosine",
        "index_options": {"type": options},
    }
    properties = {
        "content": {"type": "text"},
        "content_embedding": vector,
        "language": {"type": "keyword"},
        "reviews": {"type": "nested", "properties": {"stars": {"type": "integer"}}},
    }
    settings = {"number_of_shards": shards, "number_of_replicas": 0, "refresh_interval": "-1"}
    client.request("PUT", f"/{INDEX}", {"settings": settings, "mappings": {"properties": properties}})


def add(client: Client, documents: dict[str, dict[str, Any]]) -> None:
    """Add documents as they are, in one segment of their shard."""
    lines = [line for one, body in documents.items() for line in ({"index": {"_id": one}}, body)]
    answer = client.request("POST", f"/{INDEX}/_bulk", lines, query={"refresh": "true"})
    assert not answer["errors"], answer


@pytest.fixture
def embedder(model: EmbeddingServer) -> Embedder:
    return Embedder(url=model.url, model="m", dims=DIMS)


@pytest.fixture
def pets(client: Client, embedder: Embedder) -> None:
    """Fill the index with TEXTS, of which some are the same, over two shards."""
    make_index(client, shards=2)
    vectors = embedder.embed_documents(list(TEXTS.values()))
    add(
        client,
        {
            one: {
                "content": text,
                "content_embedding": vector,
                "language": "en" if int(one) % 2 else "de",
                "place": f"room {one}",
                "reviews": [{"stars": int(one)}],
            }
            for (one, text), vector in zip(TEXTS.items(), vectors, strict=True)
        },
    )


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ("language=de", {"0", "2", "4"}),
        ("place=room 3", {"3"}),
        ("content=cat sleeps", {"0", "4"}),
        ("reviews.stars=5", {"5"}),
        ("_id=1", {"1"}),
        ('{"terms": {"language": ["en"]}}', {"1", "3", "5"}),
    ],
)
@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
@pytest.mark.usefixtures("pets")
def test_a_filter_holds_in_every_ranking(
    filter_: str, found: set[str], mode: search.Mode, client: Client, embedder: Embedder
) -> None:
    answer = search.search(client, INDEX, embedder, "a cat, a dog and bread", mode=mode, filters=[filter_])
    assert {hit.id for hit in answer.hits} == found


@pytest.mark.usefixtures("pets")
def test_by_words_the_matched_ones_are_marked(client: Client, embedder: Embedder) -> None:
    hits = search.search(client, INDEX, embedder, "bread", mode="text").hits
    assert [hit.id for hit in hits] == ["3"]
    assert [piece.text for piece in hits[0].snippet if piece.matched] == ["Bread"]
    assert hits[0].fields["place"] == "room 3"


@pytest.mark.usefixtures("pets")
def test_a_query_that_elasticsearch_does_not_know_is_told(client: Client, embedder: Embedder) -> None:
    for mode in ("semantic", "text", "hybrid"):
        with pytest.raises(RefusedError, match=r"unknown query \[trem\]"):
            search.search(client, INDEX, embedder, "a", mode=mode, filters=['{"trem": {"language": "de"}}'])


@pytest.mark.usefixtures("pets")
def test_a_fused_search_is_the_fusion_of_both_rankings_and_tells_the_sides(
    client: Client, embedder: Embedder
) -> None:
    by_meaning = search.search(client, INDEX, embedder, "cat", mode="semantic").hits
    by_words = search.search(client, INDEX, embedder, "cat", mode="text").hits
    hits = search.search(client, INDEX, embedder, "cat", mode="hybrid").hits
    assert {hit.id for hit in hits} == set(TEXTS)
    assert {hit.id for hit in hits if hit.text} == {hit.id for hit in by_words}
    for hit in hits:
        assert hit.semantic
        assert hit.semantic.score == next(one.score for one in by_meaning if one.id == hit.id)
        sides = [side.rank for side in (hit.semantic, hit.text) if side]
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in sides), rel=1e-6)


@pytest.mark.usefixtures("pets")
def test_equal_scores_of_a_ranking_go_by_shard_and_by_place_in_it(client: Client) -> None:
    pit = client.request("POST", f"/{INDEX}/_pit", query={"keep_alive": "1m"})["id"]
    question = Question(text="cat", vector=embedding("Query: cat", DIMS), index_options="int8_hnsw", size=10)
    for body in ranking_bodies(question, pit):
        hits = client.request("POST", "/_search", body)["hits"]["hits"]
        order = [(-hit["_score"], hit["sort"][-1]) for hit in hits]
        assert order == sorted(order)
        assert {place >> 32 for _, place in order} == {0, 1}
    client.request("DELETE", "/_pit", {"id": pit})


@pytest.mark.parametrize("first", ["near", "brief"])
def test_exchanged_ranks_are_a_tie_that_goes_by_place_as_in_the_rrf_retriever(
    first: str, client: Client, embedder: Embedder
) -> None:
    """The retriever's module is of those that the stand-in lacks; its source gives the rule."""
    query = embedder.embed_query("cat")
    documents = {
        "near": {"content": "A cat in a house with a garden.", "content_embedding": query},
        "brief": {"content": "cat", "content_embedding": embedder.embed_documents(["cat"])[0]},
    }
    make_index(client)
    add(client, dict(sorted(documents.items(), key=lambda one: one[0] != first)))
    hits = search.search(client, INDEX, embedder, "cat", mode="hybrid").hits
    ranks = {hit.id: (hit.semantic.rank, hit.text.rank) for hit in hits if hit.semantic and hit.text}
    assert ranks == {"near": (1, 2), "brief": (2, 1)}
    assert hits[0].score == hits[1].score
    assert hits[0].id == first


CORPUS_SIZE, CLUSTER_SIZE, QUERIES = 5_000, 1_000, 40


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return clustered(DIMS, CORPUS_SIZE, QUERIES, CLUSTER_SIZE)


@pytest.mark.parametrize("options", [one for one in INDEX_OPTIONS if one != "flat"])
def test_the_default_finds_what_comparing_with_every_vector_finds(
    options: str, corpus: Corpus, client: Client
) -> None:
    """A small copy of `python -m benchmarks.recall`, with clusters so large that quantised vectors do badly."""
    make_index(client, options=options)
    packed = [base64.b64encode(one.astype(">f4").tobytes()).decode() for one in corpus.documents]
    add(client, {str(number): {"content_embedding": one} for number, one in enumerate(packed)})
    exact = corpus.exact(CORPUS_SIZE, 10)
    for size in (1, 3, 10):
        found = [
            [int(hit.id) for hit in search.nearest(client, INDEX, [float(x) for x in query], size)]
            for query in np.asarray(corpus.queries)
        ]
        assert recall(exact, found, size) >= ENOUGH, size
