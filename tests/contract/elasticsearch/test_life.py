"""The life of the resources on a node: up, an update without changes, all dims, another quantisation, other names."""

import math
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.demo import DEMO_QUERIES
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy
from tests.contract.elasticsearch.people import CONTENTS, semantic_search, vectors
from tests.contract.elasticsearch.stack_resources import ALIAS, ENDPOINTS, EVERYTHING, StackResources, Wanted
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

pytestmark = pytest.mark.sandbox


def test_up_makes_everything_and_a_second_up_asks_nothing(
    wanted: Wanted, model: EmbeddingServer, client: Client
) -> None:
    with faulty_proxy(wanted.connection.url) as proxy:
        wanted.connection = replace(wanted.connection, url=proxy.url)
        stack = StackResources()
        assert stack.up(wanted) == [f"created {name}" for name in EVERYTHING]
        assert sorted(vectors(client)) == sorted(CONTENTS)
        contents = [f"Document: {one}" for one in CONTENTS.values()]
        # Elasticsearch tries each endpoint; here the prefix of queries is that of documents.
        tried = [*["how big"] * 2, *["Document: how big"] * 3]
        assert sorted(model.texts) == sorted([*tried, *contents])
        proxy.requests.clear()
        assert stack.up(wanted) == []
        assert proxy.requests == []
        stack.refresh()
        assert stack.up(wanted) == []
        changing = {line for line in proxy.requests if line.startswith(("PUT", "DELETE"))}
        assert changing == {"DELETE /_pit"}  # a view of the index, which the count was taken from


@pytest.mark.parametrize("dims", [32, 64, 128, 256, 512, 768])
@pytest.mark.parametrize("prefix", ["Document: ", ""])
def test_documents_are_embedded_and_found_at_every_dims(
    dims: int, prefix: str, wanted: Wanted, model: EmbeddingServer, client: Client
) -> None:
    wanted.dims, wanted.document_prefix = dims, prefix
    StackResources().up(wanted)
    stored = vectors(client)
    for one, content in CONTENTS.items():
        expected = truncate(embedding(f"{prefix}{content}", 768), dims)
        assert stored[one] == pytest.approx(expected, abs=1e-6)
        assert math.fsum(number * number for number in stored[one]) == pytest.approx(1, abs=1e-5)
    for one, content in CONTENTS.items():
        best = semantic_search(wanted, model).search(content, 1)[0]
        assert (best.id, best.content) == (one, content)
        assert best.score == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("dims", [32, 256, 768])
def test_elasticsearch_embeds_queries_with_the_same_result_at_every_dims(
    dims: int, wanted: Wanted, model: EmbeddingServer, client: Client
) -> None:
    wanted.dims = dims
    StackResources().up(wanted)
    search = semantic_search(wanted, model)
    for query in DEMO_QUERIES:
        ours, built = search.search(query.text, 3), search.search_with_builder(query.text, 3)
        assert [hit.id for hit in ours] == [hit.id for hit in built]
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in built], abs=1e-5)
        # The endpoint of everybody takes the text as it comes: people type the prefix.
        typed = {"model_id": wanted.inference_id, "model_text": f"{wanted.document_prefix}{query.text}"}
        knn = {"field": "content_embedding", "query_vector_builder": {"text_embedding": typed}}
        hits = client.request("POST", f"/{ALIAS}/_search", {"size": 3, "knn": knn})["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == [hit.id for hit in ours]


@pytest.mark.parametrize(
    ("changes", "updated"),
    [
        ({"dims": 256}, ["check", "pipeline", "index", *ENDPOINTS, "documents"]),
        ({"quant": "Q4_K_M", "sha256": "b" * 64}, ["check", "index", "documents"]),
        ({"index_options": "hnsw"}, ["check", "index", "documents"]),
        ({"similarity": "dot_product"}, ["check", "index", *ENDPOINTS, "documents"]),
        ({"revision": "0123456789"}, ["check", "index"]),
    ],
    ids=str,
)
def test_a_change_touches_only_what_depends_on_it(
    changes: dict[str, Any], updated: list[str], wanted: Wanted, stack: StackResources, client: Client
) -> None:
    before = client.request("GET", f"/{ALIAS}")
    wanted = replace(wanted, **changes)
    done = [one for one in stack.up(wanted) if one != "replaced pipeline endpoint"]
    assert done == [f"updated {name}" for name in updated]
    after = client.request("GET", "/*")
    assert (list(after) == list(before)) is (list(changes) == ["revision"])
    assert len(after) == 1
    assert next(iter(after.values()))["aliases"] == {ALIAS: {}}
    stored = vectors(client)
    assert sorted(stored) == sorted(CONTENTS)
    assert {len(vector) for vector in stored.values()} == {wanted.dims}
    assert stack.up(wanted) == []


def test_every_dims_in_turn_on_the_same_stack(wanted: Wanted, stack: StackResources, client: Client) -> None:
    for dims in (512, 32, 256, 64, 128, 768):
        stack.up(replace(wanted, dims=dims))
        assert {len(vector) for vector in vectors(client).values()} == {dims}
    assert list(client.request("GET", "/*")) == ["jina-demo-768-f16-59cfacee-7"]


def test_a_new_key_of_the_server_reaches_the_endpoint(
    wanted: Wanted, stack: StackResources, model: EmbeddingServer, client: Client
) -> None:
    model.key = "new"
    wanted.embeddings_api_key = "new"
    of_pipelines = ["updated pipeline endpoint", "updated full endpoint"]
    assert stack.up(wanted) == [*of_pipelines, "updated index", *(f"updated {one}" for one in ENDPOINTS)]
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "text"})
    assert model.requests[-1].authorization == "Bearer new"


def test_renamed_resources_are_made_before_the_old_ones_go(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    renamed = replace(wanted, inference_id="other-local", pipeline_id="other-embeddings", alias="other")
    assert stack.up(renamed) == [
        *("updated check", "replaced pipeline endpoint", "replaced full endpoint", "replaced pipeline"),
        *("updated index", *(f"replaced {one}" for one in ENDPOINTS), "updated documents", "updated guard"),
    ]
    assert {one["inference_id"] for one in client.request("GET", "/_inference")["endpoints"]} == {
        *("other-local", "other-local-query", "other-local-document"),
        *("other-local-document-768", "other-local-full"),
    }
    assert list(client.request("GET", "/*")) == ["other-768-f16-59cfacee-1"]
    assert list(client.request("GET", "/_ingest/pipeline")) == ["other-embeddings"]
    assert len(vectors(client, "other")) == 10


def test_a_preview_with_unknown_identities_shows_what_may_change(
    wanted: Wanted, stack: StackResources
) -> None:
    assert stack.preview(wanted) == ["check", "index", "documents"]
    assert StackResources().preview(wanted) == EVERYTHING
