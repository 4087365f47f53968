"""Things that existed before the stack: adopted when they are as wanted, else refused with a way out."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError
from components.elasticsearch.generations.index import vector_mapping
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox


def test_a_state_that_was_lost_is_made_again_from_what_is_there(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    before = list(client.request("GET", "/*"))
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "mine"})
    again = StackResources()
    again.up(wanted)
    assert list(client.request("GET", "/*")) == before
    assert again.state == stack.state
    assert client.request("GET", f"/{ALIAS}/_doc/mine")["found"] is True


def put_endpoint(client: Client, wanted: Wanted, **changes: Any) -> None:
    """Make the endpoint by hand."""
    settings = {"api_key": "unused", "model_id": "m", "url": wanted.embeddings_url, "dimensions": 768}
    body = {"service": "openai", "service_settings": {**settings, **changes}}
    client.request("PUT", "/_inference/text_embedding/jina-local", body)


def test_an_equal_endpoint_is_adopted(wanted: Wanted, client: Client) -> None:
    put_endpoint(client, wanted, similarity="cosine")
    StackResources().up(wanted)
    found = client.request("GET", "/_inference/jina-local")["endpoints"][0]["service_settings"]
    assert found["rate_limit"] == {"requests_per_minute": 60000}


def test_another_endpoint_of_the_name_is_refused(wanted: Wanted, client: Client) -> None:
    put_endpoint(client, wanted, model_id="theirs")
    with pytest.raises(ConflictError, match=r"theirs.*elasticsearchInferenceId"):
        StackResources().up(wanted)
    found = client.request("GET", "/_inference/jina-local")["endpoints"][0]["service_settings"]
    assert found["model_id"] == "theirs"


def test_another_endpoint_of_the_name_is_replaced_where_adoption_is_asked_for(
    wanted: Wanted, client: Client
) -> None:
    put_endpoint(client, wanted)
    StackResources().up(replace(wanted, adopt=ALIAS))
    found = client.request("GET", "/_inference/jina-local")["endpoints"][0]["service_settings"]
    assert found["similarity"] == "cosine"


def seed_index(client: Client, wanted: Wanted, name: str, documents: int = 2) -> None:
    """Make an index by hand, with documents that carry their own embeddings."""
    mapping = vector_mapping(wanted.identity())
    del mapping["index_options"]
    body = {"mappings": {"properties": {"content": {"type": "text"}, "content_embedding": mapping}}}
    client.request("PUT", f"/{name}", body)
    for number in range(documents):
        document = {"content": f"text {number}", "content_embedding": [1.0] + [0.0] * (wanted.dims - 1)}
        client.request("PUT", f"/{name}/_doc/{number}", document, query={"refresh": "true"})


def test_an_index_of_the_aliass_name_is_adopted_by_the_command_of_the_refusal(
    wanted: Wanted, client: Client, model: EmbeddingServer
) -> None:
    seed_index(client, wanted, ALIAS)
    client.request("PUT", f"/{ALIAS}/_alias/other-name")
    with pytest.raises(ConflictError, match=f"pulumi up --config elasticsearchAdopt={ALIAS}"):
        StackResources().up(wanted)
    assert model.texts == []
    stack = StackResources()
    stack.up(replace(wanted, adopt=ALIAS))
    assert client.request("GET", "/other-name/_count")["count"] == 12
    stack.up(wanted)
    assert list(client.request("GET", "/*")) == ["jina-demo-768-f16-59cfacee-1"]
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == 12
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "mine"})
    stack.refresh()
    assert stack.up(wanted) == []


def test_an_index_of_another_mapping_is_not_adopted(wanted: Wanted, client: Client) -> None:
    wanted.dims = 32
    seed_index(client, wanted, ALIAS, documents=1)
    wanted.dims = 64
    with pytest.raises(ConflictError, match=r"32.*dims 64"):
        StackResources().up(replace(wanted, adopt=ALIAS))
    client.request("PUT", f"/{ALIAS}/_doc/more", {"content": "writers are let in"})
    assert list(client.request("GET", "/*")) == [ALIAS]


@pytest.mark.parametrize("left", ["note", "block", "clone"])
def test_an_adoption_that_was_interrupted_is_done_by_the_next_run(
    wanted: Wanted, client: Client, left: str
) -> None:
    seed_index(client, wanted, ALIAS)
    name = "jina-demo-768-f16-59cfacee-1"
    client.request("PUT", f"/{ALIAS}/_mapping", {"_meta": {"adopted_as": name}})
    if left in ("block", "clone"):
        client.request("PUT", f"/{ALIAS}/_block/write")
    if left == "clone":
        client.request("POST", f"/{ALIAS}/_clone/{name}")
    StackResources().up(replace(wanted, adopt=ALIAS))
    assert list(client.request("GET", "/*")) == [name]
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == 12
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "mine"})


def test_an_alias_of_another_mapping_is_refused(wanted: Wanted, client: Client) -> None:
    wanted.dims = 32
    seed_index(client, wanted, "theirs", documents=1)
    client.request("PUT", f"/theirs/_alias/{ALIAS}")
    wanted.dims = 64
    with pytest.raises(ConflictError, match=r"theirs.*32.*dims 64"):
        StackResources().up(wanted)
    assert client.request("GET", "/theirs/_count")["count"] == 1


def test_an_alias_that_was_moved_elsewhere_comes_back_and_the_other_index_stays(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    seed_index(client, wanted, "theirs")
    client.request(
        "POST",
        "/_aliases",
        {
            "actions": [
                {"remove": {"index": "jina-demo-768-f16-59cfacee-1", "alias": ALIAS}},
                {"add": {"index": "theirs", "alias": ALIAS}},
            ]
        },
    )
    stack.refresh()
    assert "updated index" in stack.up(wanted)
    assert list(client.request("GET", f"/{ALIAS}")) == ["jina-demo-768-f16-59cfacee-1"]
    assert client.request("GET", "/theirs/_count")["count"] == 2
