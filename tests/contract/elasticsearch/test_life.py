"""The life of the resources on a node: up, no-op, every dims, another quantisation, drift, destroy."""

import math
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS, DEMO_QUERIES
from components.elasticsearch.embedding.embedder import truncate
from components.elasticsearch.embedding.search import SemanticSearch
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, RefusedError
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy
from tests.contract.elasticsearch.people import with_digest
from tests.contract.elasticsearch.stack_resources import ALIAS, PROVIDERS, StackResources, Wanted
from tests.fixtures.embedding_server import EmbeddingServer, embedding

pytestmark = pytest.mark.sandbox

EVERYTHING = ["check", "endpoint", "pipeline", "index", "documents", "guard"]
CONTENTS = {one.id: one.content for one in DEMO_DOCUMENTS}


def vectors(client: Client, index: str = ALIAS) -> dict[str, list[float]]:
    """Return the stored embeddings by document."""
    body = {"size": 100, "fields": ["content_embedding"], "_source": False}
    hits = client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    return {hit["_id"]: hit.get("fields", {}).get("content_embedding", []) for hit in hits}


def semantic_search(wanted: Wanted, model: EmbeddingServer) -> SemanticSearch:
    """Return a search in the stack's index by a model whose queries look like its documents.

    The double knows no meaning: only the very text of a document is near it.
    """
    return SemanticSearch(
        connection=wanted.connection,
        embedder=replace(wanted.embedder(), url=model.url, query_prefix=wanted.document_prefix),
        alias=wanted.alias,
        inference_id=wanted.inference_id,
    )


def test_up_makes_everything_and_a_second_up_asks_nothing(
    wanted: Wanted, model: EmbeddingServer, client: Client
) -> None:
    with faulty_proxy(wanted.connection.url) as proxy:
        wanted.connection = replace(wanted.connection, url=proxy.url)
        stack = StackResources()
        assert stack.up(wanted) == [f"created {name}" for name in EVERYTHING]
        assert sorted(vectors(client)) == sorted(CONTENTS)
        assert sorted(model.texts) == sorted(["how big", *(f"Document: {one}" for one in CONTENTS.values())])
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


def test_at_full_width_elasticsearch_embeds_queries_with_the_same_result(
    wanted: Wanted, model: EmbeddingServer, stack: StackResources
) -> None:
    assert stack.state
    search = semantic_search(wanted, model)
    for query in DEMO_QUERIES:
        ours, built = search.search(query.text, 3), search.search_with_builder(query.text, 3)
        assert [hit.id for hit in ours] == [hit.id for hit in built]
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in built], abs=1e-5)


def test_below_full_width_elasticsearch_refuses_its_own_embedding_of_a_query(
    wanted: Wanted, model: EmbeddingServer
) -> None:
    wanted.dims = 256
    StackResources().up(wanted)
    with pytest.raises(RefusedError, match=r"has a different number of dimensions \[768\]"):
        semantic_search(wanted, model).search_with_builder("text", 1)


@pytest.mark.parametrize(
    ("changes", "updated"),
    [
        ({"dims": 256}, ["check", "pipeline", "index", "documents"]),
        ({"quant": "Q4_K_M", "sha256": "b" * 64}, ["check", "index", "documents"]),
        ({"index_options": "hnsw"}, ["check", "index", "documents"]),
        ({"similarity": "dot_product"}, ["check", "index", "documents"]),
        ({"revision": "0123456789"}, ["check", "index"]),
    ],
    ids=str,
)
def test_a_change_touches_only_what_depends_on_it(
    changes: dict[str, Any], updated: list[str], wanted: Wanted, stack: StackResources, client: Client
) -> None:
    before = client.request("GET", f"/{ALIAS}")
    wanted = replace(wanted, **changes)
    assert stack.up(wanted) == [f"updated {name}" for name in updated]
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


def test_what_people_added_to_the_index_survives(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_mapping", {"properties": {"title": {"type": "keyword"}}})
    client.request("PUT", f"/{ALIAS}/_settings", {"index.number_of_replicas": 1})
    stack.refresh()
    assert stack.up(wanted) == []
    stack.up(replace(wanted, dims=64))
    body = next(iter(client.request("GET", f"/{ALIAS}").values()))
    assert body["mappings"]["properties"]["title"] == {"type": "keyword"}
    assert body["settings"]["index"]["number_of_replicas"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "body", "mended"),
    [
        ("PUT", "/_ingest/pipeline/jina-embeddings", {"processors": []}, ["updated pipeline"]),
        ("PUT", f"/{ALIAS}/_settings", {"index.default_pipeline": "_none"}, ["updated index"]),
        ("DELETE", "/_inference/text_embedding/jina-local?force=true", None, ["created endpoint"]),
        ("DELETE", f"/{ALIAS}/_doc/demo-03?refresh=true", None, ["updated documents"]),
        (
            "DELETE",
            f"/jina-demo-768-f16-59cfacee-1/_alias/{ALIAS}",
            None,
            ["updated index", "created documents"],
        ),
        ("DELETE", "/jina-demo-768-f16-59cfacee-1", None, ["created index", "created documents"]),
    ],
    ids=[
        "pipeline edited",
        "pipeline unset",
        "endpoint deleted",
        "document deleted",
        "alias deleted",
        "index deleted",
    ],
)
def test_drift_is_seen_by_a_refresh_and_mended_by_the_next_up(
    method: str,
    path: str,
    body: dict[str, Any] | None,
    mended: list[str],
    wanted: Wanted,
    stack: StackResources,
    client: Client,
) -> None:
    route, _, query = path.partition("?")
    options = dict(part.split("=") for part in query.split("&")) if query else None
    client.request(method, route, body, query=options)
    stack.refresh()
    assert stack.up(wanted) == mended
    assert sorted(vectors(client)) == sorted(CONTENTS)
    stack.refresh()
    assert stack.up(wanted) == []


def test_an_endpoint_that_points_elsewhere_is_put_right(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    path = "/_inference/text_embedding/jina-local"
    client.request("DELETE", path, query={"force": "true"})
    settings = {"api_key": "x", "model_id": "n", "url": wanted.embeddings_url, "dimensions": 768}
    client.request("PUT", path, {"service": "openai", "service_settings": settings})
    stack.refresh()
    assert stack.up(wanted) == ["updated endpoint"]
    found = client.request("GET", "/_inference/jina-local")["endpoints"][0]["service_settings"]
    assert (found["model_id"], found["similarity"]) == ("m", "cosine")
    assert [one["inference_id"] for one in client.request("GET", "/_inference")["endpoints"]] == [
        "jina-local"
    ]


def test_a_new_key_of_the_server_reaches_the_endpoint(
    wanted: Wanted, stack: StackResources, model: EmbeddingServer, client: Client
) -> None:
    model.key = "new"
    wanted.embeddings_api_key = "new"
    assert stack.up(wanted) == ["updated endpoint"]
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "text"})
    assert model.requests[-1].authorization == "Bearer new"


def test_renamed_resources_are_made_before_the_old_ones_go(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    renamed = replace(wanted, inference_id="other-local", pipeline_id="other-embeddings", alias="other")
    assert stack.up(renamed) == [
        *("updated check", "replaced endpoint", "replaced pipeline"),
        *("updated index", "updated documents", "updated guard"),
    ]
    assert list(client.request("GET", "/*")) == ["other-768-f16-59cfacee-1"]
    assert list(client.request("GET", "/_ingest/pipeline")) == ["other-embeddings"]
    assert len(vectors(client, "other")) == 10


def test_demo_documents_go_when_they_are_switched_off_and_others_stay(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "text"})
    client.request("PUT", f"/{ALIAS}/_doc/demo-02", {"content": "edited"}, query={"refresh": "true"})
    assert stack.up(replace(wanted, demo_documents=False)) == ["deleted documents"]
    assert sorted(vectors(client)) == ["demo-02", "mine"]


def test_destroy_leaves_nothing_in_an_order_that_the_server_accepts(
    stack: StackResources, client: Client
) -> None:
    stack.destroy()
    assert client.request("GET", "/*") == {}
    assert client.find("/_ingest/pipeline/jina-embeddings") is None
    assert client.request("GET", "/_inference")["endpoints"] == []
    StackResources(stack.state).destroy()


@pytest.mark.parametrize("id_", ["mine", "demo-02"], ids=["a new document", "an edited demo document"])
def test_documents_of_people_survive_the_refusal_to_delete_them(
    id_: str, wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/{id_}", {"content": "mine"})
    with pytest.raises(DocumentsAtRiskError, match="elasticsearchDeleteData jina-demo"):
        stack.destroy()
    assert list(stack.state) == EVERYTHING
    assert stack.up(wanted) == []
    found = client.request("GET", f"/{ALIAS}/_doc/{id_}")["_source"]
    assert found == with_digest({"content": "mine"})
    assert len(vectors(client)[id_]) == 768


def test_the_nodes_volume_is_guarded_with_every_index_on_it(stack: StackResources, client: Client) -> None:
    guard = {**stack.state["guard"], "scope": "node"}
    client.request("PUT", "/empty")
    PROVIDERS["guard"].delete("id", guard)
    client.request("PUT", "/theirs/_doc/1", {"title": "mine"})
    with pytest.raises(DocumentsAtRiskError, match=r"1 document .*1 in theirs"):
        PROVIDERS["guard"].delete("id", guard)
    assert client.request("GET", "/theirs/_count")["count"] == 1
    PROVIDERS["guard"].delete("id", {**guard, "delete_data": ALIAS})


def test_documents_that_were_given_up_are_deleted_by_destroy(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "mine"})
    assert stack.up(replace(wanted, delete_data=ALIAS)) == ["updated index", "updated guard"]
    stack.destroy()
    assert client.request("GET", "/*") == {}


def test_what_others_still_use_is_not_deleted(stack: StackResources, client: Client) -> None:
    client.request("PUT", "/theirs", {"settings": {"default_pipeline": "jina-embeddings"}})
    with pytest.raises(ConflictError, match="theirs"):
        stack.destroy()
    client.request("DELETE", "/theirs")
    client.request(
        "PUT",
        "/_ingest/pipeline/theirs",
        {
            "processors": [
                {
                    "inference": {
                        "model_id": "jina-local",
                        "input_output": {"input_field": "a", "output_field": "b"},
                    }
                }
            ]
        },
    )
    with pytest.raises(ConflictError, match="theirs"):
        stack.destroy()
    client.request("DELETE", "/_ingest/pipeline/theirs")
    stack.destroy()
    assert stack.state == {}


def test_a_preview_with_unknown_identities_shows_what_may_change(
    wanted: Wanted, stack: StackResources
) -> None:
    assert stack.preview(wanted) == ["check", "index", "documents"]
    assert StackResources().preview(wanted) == EVERYTHING
