"""A trial license that ends while a stack uses it: announced beforehand, and both ways out keep every document."""

from dataclasses import replace

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import LicenseError, RefusedError
from tests.contract.elasticsearch.people import CONTENTS, assert_holds
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox


def age(node: Node, days: float) -> None:
    """Let `days` days of the trial pass."""
    assert node.send("POST", f"/_stand_in/age_licence?days={days}").ok


def test_a_refresh_says_that_the_trial_ends_soon_and_changes_nothing(
    node: Node, wanted: Wanted, stack: StackResources, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stack.state["check"]["licence"] == "trial"
    ends = str(stack.state["check"]["licence_expires"])
    before = {name: dict(outputs) for name, outputs in stack.state.items()}
    stack.refresh()
    assert stack.state == before
    assert "license" not in capsys.readouterr().out
    age(node, 25)
    stack.refresh()
    assert "lasts 4 more days" in capsys.readouterr().out
    assert str(stack.state["check"]["licence_expires"]) < ends
    assert stack.up(wanted) == []


def test_when_it_is_over_nothing_is_begun_and_the_two_ways_out_are_told(
    node: Node, wanted: Wanted, stack: StackResources, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    before = client.request("GET", "/*")
    age(node, 31)
    stack.refresh()
    assert "every write to the index is refused" in capsys.readouterr().out
    with pytest.raises(LicenseError, match=r"expired\. Two ways out: .*elasticsearchEmbedding client"):
        stack.up(replace(wanted, dims=64, start_trial=True))
    assert client.request("GET", "/*") == before
    with pytest.raises((LicenseError, RefusedError)):
        client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "mine"})


@pytest.mark.parametrize("managed", [True, False])
def test_the_first_way_out_keeps_every_document(
    managed: bool,
    node: Node,
    wanted: Wanted,
    stack: StackResources,
    model: EmbeddingServer,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    age(node, 31)
    out = replace(wanted, dims=64, local_embeddings_url=model.url)
    if managed:
        inputs = Wanted.inputs
        own = {"managed": True}
        monkeypatch.setattr(
            Wanted, "inputs", lambda self: {name: {**one, **own} for name, one in inputs(self).items()}
        )
    else:
        with pytest.raises(LicenseError, match="POST /_license/start_basic"):
            stack.up(out)
        client.request("POST", "/_license/start_basic", query={"acknowledge": "true"})
    stack.up(out)
    assert client.request("GET", "/_license")["license"]["type"] == "basic"
    assert_holds(client, out, CONTENTS)
