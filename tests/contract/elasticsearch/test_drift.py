"""Changes by hand: people's own things stay; a refresh sees changes of the stack's things, and an update mends them."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.people import CONTENTS, vectors
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted

pytestmark = pytest.mark.sandbox


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


def test_a_pipeline_that_people_edited_keeps_no_change_of_dims_back(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    body = client.request("GET", "/_ingest/pipeline/jina-embeddings")["jina-embeddings"]
    # An editor that shows the processors alone takes the stack's mark away.
    client.request("PUT", "/_ingest/pipeline/jina-embeddings", {"processors": body["processors"]})
    stack.refresh()

    stack.up(replace(wanted, dims=64))

    assert {len(vector) for vector in vectors(client).values()} == {64}
    assert stack.up(replace(wanted, dims=64)) == []


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
    names = {one["inference_id"] for one in client.request("GET", "/_inference")["endpoints"]}
    assert names == {
        "jina-local",
        *(f"jina-local-{role}" for role in ("query", "document", "document-768", "full")),
    }
