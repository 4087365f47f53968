"""An embedder fills one index from another, with the same result as `_reindex` through a pipeline."""

from dataclasses import replace

import pytest

from components.backoff import Patience
from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import EmbeddingError, IndexingError
from components.elasticsearch.migration.reembedding import Reembedded, reembed
from tests.contract.elasticsearch.people import vectors, with_digest
from tests.contract.elasticsearch.stack_resources import Wanted
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

pytestmark = pytest.mark.sandbox

OLD, NEW = "old", "new"
EVERYTHING: dict[str, object] = {"match_all": {}}
COUNT = 37


@pytest.fixture
def in_client(wanted: Wanted, model: EmbeddingServer, client: Client) -> Wanted:
    """Make an index with documents of 64 dims in two shards, and an empty one of 128."""
    make(client, OLD, 64)
    make(client, NEW, 128)
    lines: list[dict[str, object]] = []
    for number in range(COUNT):
        vector = truncate(embedding(f"Document: text {number}", 768), 64)
        lines += [
            {"index": {"_id": f"{number:02}", "routing": f"r{number % 3}"}},
            {"content": f"text {number}", "number": number, "content_embedding": vector},
        ]
    lines += [{"index": {"_id": "empty"}}, {"title": "no content"}]
    client.request("POST", f"/{OLD}/_bulk", lines, query={"refresh": "true"})
    return replace(wanted, local_embeddings_url=model.url, dims=128)


def make(client: Client, index: str, dims: int) -> None:
    """Make an index of two shards."""
    vector = {"type": "dense_vector", "dims": dims, "similarity": "cosine", "index": True}
    body = {
        "settings": {"number_of_shards": 2, "number_of_replicas": 0},
        "mappings": {"properties": {"content": {"type": "text"}, "content_embedding": vector}},
    }
    client.request("PUT", f"/{index}", body)


def run(client: Client, wanted: Wanted, **options: object) -> Reembedded:
    """Fill the new index from the old one."""
    embedder = replace(wanted.embedder(), patience=Patience(limit=5, first_pause=0.01))
    done = reembed(client, embedder, source=OLD, destination=NEW, **{"query": EVERYTHING, **options})  # type: ignore[arg-type] # passed on
    client.request("POST", f"/{NEW}/_refresh")
    return done


def test_all_documents_arrive_with_their_fields_routing_and_new_embeddings(
    in_client: Wanted, client: Client
) -> None:
    assert run(client, in_client) == Reembedded(COUNT + 1, 0)
    stored = vectors(client, NEW)
    assert len(stored) == COUNT + 1
    assert stored.pop("empty") == []
    for one, vector in stored.items():
        expected = truncate(embedding(f"Document: text {int(one)}", 768), 128)
        assert vector == pytest.approx(expected, abs=1e-6)
    found = client.request("GET", f"/{NEW}/_doc/04", query={"routing": "r1"})
    assert (found["_source"], found["_routing"]) == (with_digest({"content": "text 4", "number": 4}), "r1")


def test_only_what_is_asked_for_arrives(in_client: Wanted, client: Client) -> None:
    assert run(client, in_client, query={"range": {"number": {"gte": 30}}}) == Reembedded(7, 0)


def test_doing_it_twice_makes_no_document_twice_and_a_newer_one_stays(
    in_client: Wanted, client: Client
) -> None:
    run(client, in_client)
    newer = {"version": 9, "version_type": "external", "routing": "r1"}
    client.request("PUT", f"/{NEW}/_doc/04", {"content": "newer"}, query=newer)
    assert run(client, in_client) == Reembedded(COUNT, 1)
    assert client.request("GET", f"/{NEW}/_count")["count"] == COUNT + 1
    assert client.request("GET", f"/{NEW}/_doc/04", query={"routing": "r1"})["_source"] == {
        "content": "newer"
    }
    assert run(client, in_client, versions="internal") == Reembedded(COUNT + 1, 0)


def test_a_busy_server_is_waited_for_and_a_refusal_names_the_document(
    in_client: Wanted, model: EmbeddingServer, client: Client
) -> None:
    model.fail(503, 2)
    assert run(client, in_client) == Reembedded(COUNT + 1, 0)
    model.fail(400, 1000)
    with pytest.raises(EmbeddingError, match=r"document \w+ .*HTTP 400"):
        run(client, in_client)


def test_a_document_that_the_new_index_refuses_is_named(in_client: Wanted, client: Client) -> None:
    in_client.dims = 32
    with pytest.raises(IndexingError, match=r"were not indexed into new; the first, \w+, with HTTP 400"):
        run(client, in_client)
