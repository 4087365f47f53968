"""A stack with an API key that has exactly the listed privileges, on a node that enforces each of them."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.cluster.privileges import Needed
from components.elasticsearch.documents import reindex
from components.elasticsearch.errors import PrivilegeError
from tests.contract.elasticsearch.people import CONTENTS, assert_holds, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.elasticsearch.test_adoption import seed_index
from tests.contract.elasticsearch.test_interruption import KilledError, killed_after
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.contract.jinactl.test_commands import LINES
from tests.contract.migration.upgrade import Settings, use
from tests.fixtures.elasticsearch_node import Node, start_node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

CANCEL = "_cancel"


def on_key(client: Client, wanted: Wanted, body: dict[str, Any]) -> Wanted:
    """Make an API key with this request body; return the settings of a stack that uses the key."""
    key = client.request("POST", "/_security/api_key", body)["encoded"]
    return replace(wanted, connection=Connection(url=wanted.connection.url, api_key=key))


def in_client(wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Change the settings so that the client embeds, on a Basic license."""
    node.to_basic()
    return replace(wanted, local_embeddings_url=model.url)


def of_people(keyed: Wanted, client: Client) -> dict[str, str]:
    """Write people's documents if Elasticsearch embeds them; return their contents by id."""
    return {} if keyed.local_embeddings_url else fill(client, 30)


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use small portions and short waits."""
    use(Settings(), monkeypatch.setattr)


@pytest.fixture(params=["inference", "client"])
def keyed(
    request: pytest.FixtureRequest, wanted: Wanted, client: Client, model: EmbeddingServer, node: Node
) -> Wanted:
    """Return the settings of a stack whose key has the listed privileges, for each way to embed."""
    inference = request.param == "inference"
    chosen = wanted if inference else in_client(wanted, model, node)
    return on_key(client, chosen, Needed(aliases=[ALIAS], inference=inference).key())


def test_everything_of_a_stacks_life_is_allowed(keyed: Wanted, client: Client) -> None:
    stack = StackResources()
    stack.up(keyed)
    contents = CONTENTS | of_people(keyed, client)
    for changes in ({"dims": 64}, {"quant": "Q4_K_M", "sha256": "b" * 64}, {"dims": 768}):
        keyed = replace(keyed, **changes)
        stack.up(keyed)
        stack.refresh()
        assert stack.up(keyed) == []
        assert_holds(client, keyed, contents)
    stack.up(replace(keyed, delete_data=ALIAS))
    stack.destroy()
    assert list(client.request("GET", "/*")) == []


@pytest.mark.parametrize("step", [4, 6, 8])
def test_what_a_crash_left_is_ended_and_done_again(
    step: int, keyed: Wanted, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = StackResources()
    stack.up(keyed)
    contents = CONTENTS | of_people(keyed, client)
    state = deepcopy(stack.state)
    changed = replace(keyed, dims=64)
    with killed_after(step, monkeypatch), pytest.raises(KilledError):
        stack.up(changed)
    with killed_after(1000, monkeypatch) as sent:
        StackResources(state).up(changed)
    assert_holds(client, changed, contents)
    assert sent


def test_a_copy_that_a_crash_left_running_is_stopped(
    keyed: Wanted, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = StackResources()
    stack.up(keyed)
    contents = CONTENTS | of_people(keyed, client)
    state = deepcopy(stack.state)
    changed = replace(keyed, dims=64)
    bodies: list[Mapping[str, Any]] = []

    def kill(_: Client, body: Mapping[str, Any]) -> None:
        bodies.append(body)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(reindex, "run_reindex", kill)
        with pytest.raises(KilledError):
            stack.up(changed)
    slow = {**bodies[0], "source": {**bodies[0]["source"], "size": 1}}
    query = {"wait_for_completion": "false", "requests_per_second": "1"}
    client.request("POST", "/_reindex", slow, query=query)
    with killed_after(1000, monkeypatch) as sent:
        StackResources(state).up(changed)
    assert any(line.endswith(CANCEL) for line in sent), sent
    assert_holds(client, changed, contents)


def test_an_index_made_by_hand_is_adopted_with_the_aliases_that_people_gave_it(
    wanted: Wanted, client: Client
) -> None:
    seed_index(client, wanted, ALIAS)
    client.request("POST", "/_aliases", {"actions": [{"add": {"index": ALIAS, "alias": "people"}}]})
    adopting = replace(wanted, adopt=ALIAS)
    lacking = on_key(client, adopting, Needed(aliases=[ALIAS]).key())
    with pytest.raises(PrivilegeError, match="index privilege manage on people"):
        StackResources().up(lacking)
    keyed = on_key(client, adopting, Needed(aliases=[ALIAS], others=["people"]).key())
    stack = StackResources()
    stack.up(keyed)
    assert client.request("GET", "/people/_count")["count"] == 2 + len(CONTENTS)
    stack.up(replace(keyed, dims=64))
    assert client.request("GET", "/people/_count")["count"] == 2 + len(CONTENTS)


def test_another_name_needs_the_privileges_on_both(wanted: Wanted, client: Client) -> None:
    keyed = on_key(client, wanted, Needed(aliases=["jina-new", ALIAS]).key())
    stack = StackResources()
    stack.up(keyed)
    stack.up(replace(keyed, alias="jina-new"))
    assert client.request("GET", "/jina-new/_count")["count"] == len(CONTENTS)


def test_jinactl_writes_and_searches(
    keyed: Wanted, client: Client, model: EmbeddingServer, tmp_path: Path
) -> None:
    StackResources().up(replace(keyed, demo_documents=False))
    outputs, lines = tmp_path / "outputs.json", tmp_path / "lines.ndjson"
    key = keyed.connection.api_key
    write_outputs(
        outputs, keyed, model, elasticsearchApiKey=key, elasticsearchUser="", elasticsearchPassword=""
    )
    lines.write_text(LINES)
    done = jinactl("ingest", "--outputs", outputs, lines)
    assert done.returncode == 0, done.stderr
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == 50
    found = jinactl("search", "--outputs", outputs, "text 7", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout.splitlines()[0])["_id"] == "007"


FULL = Needed(aliases=[ALIAS]).key()["role_descriptors"]["jina-search"]
PARTS = [
    *(("cluster", name) for name in FULL["cluster"]),
    *(("indices", name) for entry in FULL["indices"] for name in entry["privileges"]),
]


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_without_any_one_of_them_nothing_is_begun(
    kind: str, name: str, wanted: Wanted, client: Client
) -> None:
    role = deepcopy(FULL)
    if kind == "cluster":
        role["cluster"].remove(name)
    else:
        for entry in role["indices"]:
            entry["privileges"] = [one for one in entry["privileges"] if one != name]
        role["indices"] = [entry for entry in role["indices"] if entry["privileges"]]
    lacking = on_key(client, wanted, {"name": "lacking", "role_descriptors": {"role": role}})
    told = f"Missing: {'index' if kind == 'indices' else kind} privilege {name} "
    with pytest.raises(PrivilegeError, match=told):
        StackResources().up(lacking)
    assert list(client.request("GET", "/*")) == []
    assert client.request("GET", "/_inference")["endpoints"] == []
    assert client.find("/_ingest/pipeline") is None


def test_where_security_is_off_everything_is_allowed(
    wanted: Wanted, elasticsearch_image: str, model: EmbeddingServer
) -> None:
    model.reset()
    with start_node(image=elasticsearch_image, settings={"xpack.security.enabled": "false"}) as open_node:
        StackResources().up(replace(wanted, connection=Connection(url=open_node.url)))
        assert open_node.send("GET", f"/{ALIAS}/_count").json()["count"] == len(CONTENTS)
