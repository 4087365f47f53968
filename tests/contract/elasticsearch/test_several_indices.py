"""Several indices of one stack: each is migrated, guarded and deleted by itself, and never taken for another one's."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from components.elasticsearch import endpoints, inference_endpoint
from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ConflictError, DocumentsAtRiskError, ElasticsearchError
from components.elasticsearch.generations.index import read_meta
from tests.contract.elasticsearch.people import CONTENTS, assert_holds, fill
from tests.contract.elasticsearch.stack_resources import (
    ALIAS,
    ENDPOINTS,
    PROVIDERS,
    StackResources,
    Wanted,
)
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

BEGINS_ALIKE = "jina-demo-64"
"""Names of the first index's generations of 64 dims begin with it."""

OTHER_INDEX = "tickets"


@dataclass
class Pair:
    """A stack with two indices, and what people wrote into each."""

    stack: StackResources
    wanted: Wanted
    first: dict[str, str]
    second: dict[str, str]

    @property
    def alias(self) -> str:
        """The alias of the additional index."""
        return self.wanted.additional[0]

    def assert_whole(self, client: Client, wanted: Wanted) -> None:
        """Assert that each index holds its own documents, and that each generation notes its alias."""
        assert_holds(client, wanted, self.first)
        assert_holds(client, wanted, self.second, self.alias)
        for alias in (ALIAS, self.alias):
            (index,) = client.request("GET", f"/{alias}")
            assert read_meta(client, index)["alias"] == alias


@pytest.fixture
def pair(request: pytest.FixtureRequest, wanted: Wanted, client: Client) -> Pair:
    """Bring up a stack with two indices, with other documents of the same ids in both."""
    alias = getattr(request, "param", BEGINS_ALIKE)
    two = replace(wanted, dims=128, additional=(alias,))
    stack = StackResources()
    stack.up(two)
    first = {**CONTENTS, **fill(client, 6)}
    return Pair(stack, two, first, fill(client, 9, words="ticket", alias=alias))


@pytest.mark.parametrize("pair", [BEGINS_ALIKE, OTHER_INDEX], indirect=True)
def test_both_are_migrated_and_endpoints_that_people_name_fit_both(
    pair: Pair, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = replace(pair.wanted, dims=64)
    done = pair.stack.up(cut)
    assert {"updated index", f"updated index {pair.alias}"} <= set(done)
    pair.assert_whole(client, cut)
    for alias, text in ((ALIAS, "text 3"), (pair.alias, "ticket 3")):
        for name in ("jina-local", "jina-local-query"):
            assert found_by(client, alias, name, text if name.endswith("query") else f"Document: {text}") == (
                "doc-3"
            )
    again = replace(cut, dims=256, sha256="b" * 64, quant="Q8_0", keep_generations=0)
    pair.stack.up(again)
    pair.assert_whole(client, again)
    pair.stack.refresh()
    assert pair.stack.up(again) == []
    # Former generations are gone, with the pipelines that were kept for them.
    assert sorted(client.find("/_ingest/pipeline") or {}) == ["jina-embeddings"]
    assert len(client.request("GET", "/*")) == 2
    assert f"{pair.alias}: its documents are in" in capsys.readouterr().out


def test_an_index_that_waits_for_its_turn_takes_documents_of_its_own_kind(
    pair: Pair, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pipeline of both is changed already, and the first index is migrated, when the update is interrupted."""
    cut = replace(pair.wanted, dims=64)
    apply = PROVIDERS["index"].apply

    def interrupted(client: Client, olds: Any, news: dict[str, Any]) -> Any:
        if news["alias"] == pair.alias:
            raise KeyboardInterrupt
        return apply(client, olds, news)

    with monkeypatch.context() as patched:
        patched.setattr(PROVIDERS["index"], "apply", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pair.stack.up(cut)
    pair.second |= fill(client, 2, first=20, words="ticket", alias=pair.alias)
    pair.first |= fill(client, 2, first=20)
    assert_holds(client, pair.wanted, pair.second, pair.alias)
    assert_holds(client, cut, pair.first)
    pair.stack.up(cut)
    pair.assert_whole(client, cut)


def test_the_additional_one_is_filled_before_the_endpoints_move_and_both_stay_where_it_cannot_be(
    pair: Pair, client: Client, model: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = replace(pair.wanted, dims=256)
    model.refuses = "ticket 5"
    with pytest.raises(ElasticsearchError, match="doc-5"):
        pair.stack.up(larger)
    pair.assert_whole(client, pair.wanted)
    assert {dims_of(client, one) for one in larger.endpoints().named()} == {128}
    assert found_by(client, pair.alias, "jina-local-query", "ticket 3") == "doc-3"
    model.refuses = ""
    carried: dict[str, int] = {}
    move = endpoints.move

    def counted(client: Client, *arguments: Any) -> None:
        carried.update(
            {
                index: int(client.request("GET", f"/{index}/_count")["count"])
                for index in client.request("GET", f"/{pair.alias}-256-*")
            }
        )
        move(client, *arguments)

    monkeypatch.setattr(endpoints, "move", counted)
    pair.stack.up(larger)
    assert list(carried.values()) == [len(pair.second)]
    pair.assert_whole(client, larger)


def test_an_update_of_the_additional_index_alone_leaves_the_endpoints_to_the_first(
    pair: Pair, client: Client
) -> None:
    cut = replace(pair.wanted, dims=64)
    name = f"index {pair.alias}"
    PROVIDERS["index"].update("id", pair.stack.state[name], cut.inputs()[name])
    dims = {one: dims_of(client, one) for one in pair.wanted.endpoints().named()}
    assert set(dims.values()) == {128}
    assert len(dims) == len(ENDPOINTS)


def test_adding_one_makes_nothing_anew_and_demo_documents_are_in_the_first_alone(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    before = next(iter(client.request("GET", f"/{ALIAS}")))
    two = replace(wanted, additional=(OTHER_INDEX,))
    assert stack.up(two) == [
        "updated check",
        "updated index",
        f"created index {OTHER_INDEX}",
        "updated guard",
        f"created guard {OTHER_INDEX}",
    ]
    assert next(iter(client.request("GET", f"/{ALIAS}"))) == before
    assert client.request("GET", f"/{OTHER_INDEX}/_count")["count"] == 0
    assert stack.up(two) == []
    done = stack.up(wanted)
    assert f"deleted index {OTHER_INDEX}" in done
    assert list(client.request("GET", "/*")) == [before]
    assert stack.preview(wanted) == stack.preview(wanted) == without_identity(stack, wanted)


def test_one_that_is_taken_off_the_list_is_deleted_only_when_its_documents_were_given_up(
    pair: Pair, client: Client
) -> None:
    one = replace(pair.wanted, additional=())
    told = rf"elasticsearchDeleteData {pair.alias} (?s:.*)put back"
    with pytest.raises(DocumentsAtRiskError, match=told):
        pair.stack.up(one)
    pair.assert_whole(client, pair.wanted)
    # To name it without having it on the list changes nothing: its state does not hear of it.
    with pytest.raises(DocumentsAtRiskError):
        pair.stack.up(replace(one, delete_data=f"{ALIAS},{pair.alias}"))
    pair.assert_whole(client, pair.wanted)
    pair.stack.up(replace(pair.wanted, delete_data=pair.alias))
    pair.assert_whole(client, pair.wanted)
    pair.stack.up(replace(one, dims=64))
    assert client.find(f"/{pair.alias}") is None
    assert_holds(client, replace(pair.wanted, dims=64), pair.first)


def test_a_destroy_is_refused_while_any_of_them_holds_documents_that_were_not_given_up(
    pair: Pair, client: Client
) -> None:
    for named in ("", ALIAS, pair.alias):
        pair.stack.up(replace(pair.wanted, delete_data=named))
        state = dict(pair.stack.state)
        rest = {name: values for name, values in state.items() if not name.startswith("guard")}
        for guard in ("guard", f"guard {pair.alias}"):
            if state[guard]["alias"] == named:
                continue
            # In the program each guard depends on everything else, and on no other guard.
            pair.stack.state = {**rest, guard: state[guard]}
            with pytest.raises(DocumentsAtRiskError, match="elasticsearchDeleteData"):
                pair.stack.destroy()
            assert list(pair.stack.state) == [*rest, guard]
        pair.stack.state = state
    pair.assert_whole(client, pair.wanted)
    pair.stack.up(replace(pair.wanted, delete_data=f"{pair.alias},{ALIAS}"))
    pair.stack.destroy()
    assert client.request("GET", "/*") == {}
    assert client.request("GET", "/_inference")["endpoints"] == []


def test_the_nodes_volume_is_guarded_for_all_of_them(pair: Pair, client: Client) -> None:
    both = rf"elasticsearchDeleteData {ALIAS},{pair.alias} "
    cases = [
        ("", rf"6 in jina-demo-128-.*9 in jina-demo-64-.*{both}"),
        (ALIAS, rf"9 in jina-demo-64-.*{both}"),
        (pair.alias, rf"6 in jina-demo-128-.*{both}"),
    ]
    for given_up, told in cases:
        assert_guards_node(pair, given_up, told)
    client.request("PUT", "/theirs/_doc/1", {"title": "mine"})
    assert_guards_node(pair, ALIAS, rf"1 in theirs.*{both}")
    whole = {**pair.stack.state["guard"], "scope": "node"}
    PROVIDERS["guard"].delete("id", {**whole, "delete_data": f"{pair.alias},{ALIAS}"})


def assert_guards_node(pair: Pair, given_up: str, told: str) -> None:
    """Assert that the guard of the node refuses, and what it says."""
    guard = {**pair.stack.state["guard"], "scope": "node", "delete_data": given_up}
    with pytest.raises(DocumentsAtRiskError, match=f"(?s){told}"):
        PROVIDERS["guard"].delete("id", guard)


def test_an_alias_that_people_gave_to_the_first_is_no_index_of_its_own(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    contents = {**CONTENTS, **fill(client, 3)}
    (index,) = client.request("GET", f"/{ALIAS}")
    client.request("PUT", f"/{index}/_alias/{OTHER_INDEX}")
    two = replace(wanted, additional=(OTHER_INDEX,))
    with pytest.raises(
        ConflictError, match=rf"{OTHER_INDEX} is an alias of {index}(?s:.*)DELETE /{index}/_alias"
    ):
        stack.up(two)
    assert "index tickets" not in stack.state
    client.request("DELETE", f"/{index}/_alias/{OTHER_INDEX}")
    stack.up(replace(two, delete_data=OTHER_INDEX))
    # Somebody moves the alias of the additional index to the first one's generation, and takes it off the list.
    (second,) = client.request("GET", f"/{OTHER_INDEX}")
    actions = [
        {"add": {"index": index, "alias": OTHER_INDEX}},
        {"remove": {"index": second, "alias": OTHER_INDEX}},
    ]
    client.request("POST", "/_aliases", {"actions": actions})
    stack.refresh()
    with pytest.raises(ConflictError, match="is an alias of"):
        stack.up(replace(two, delete_data=OTHER_INDEX))
    stack.up(wanted)
    assert list(client.request("GET", "/*")) == [index]
    assert_holds(client, wanted, contents)


def test_an_additional_index_cannot_become_the_first_and_the_first_can_become_an_additional_one(
    pair: Pair, client: Client
) -> None:
    with pytest.raises(ConflictError, match="was one of elasticsearchAdditionalIndices"):
        pair.stack.up(replace(pair.wanted, alias=pair.alias, additional=(ALIAS,)))
    pair.assert_whole(client, pair.wanted)
    pair.stack.up(replace(pair.wanted, alias="newest", additional=(ALIAS, pair.alias)))
    pair.assert_whole(client, pair.wanted)
    assert client.request("GET", "/newest/_count")["count"] == len(CONTENTS)


def test_one_that_another_stack_has_is_refused_before_anything_changes(
    wanted: Wanted, stack: StackResources, client: Client
) -> None:
    other = replace(
        wanted,
        owner="jina-search-other-3d4e5f",
        alias=OTHER_INDEX,
        pipeline_id="other-pipeline",
        inference_id="other",
    )
    StackResources().up(other)
    contents = {**CONTENTS, **fill(client, 3, alias=OTHER_INDEX)}
    indices = sorted(client.request("GET", "/*"))
    two = replace(wanted, additional=("one", OTHER_INDEX))
    with pytest.raises(ConflictError, match="belongs to the stack jina-search-other-3d4e5f"):
        stack.up(two)
    assert sorted(client.request("GET", "/*")) == indices
    # It is handed over when that is asked for, and nothing else of that stack is.
    stack.up(replace(two, adopt=f"{OTHER_INDEX},one"))
    assert_holds(client, two, contents, OTHER_INDEX)
    (index,) = client.request("GET", f"/{OTHER_INDEX}")
    assert read_meta(client, index)["owner"] == two.owner
    kept = client.request("GET", "/_ingest/pipeline/other-pipeline")["other-pipeline"]
    assert kept["_meta"]["owner"] == other.owner


def without_identity(stack: StackResources, wanted: Wanted) -> list[str]:
    """Return what a preview shows of a stack where nothing is changed: what has an identity, unknown by then."""
    return [name for name, inputs in wanted.inputs().items() if "identity" in inputs and name in stack.state]


def dims_of(client: Client, name: str) -> int:
    """Return the dims of an endpoint."""
    live = inference_endpoint.read_live(client, name)
    assert live is not None
    assert live.endpoint is not None
    return live.endpoint.dimensions


def found_by(client: Client, alias: str, model_id: str, text: str) -> str:
    """Return the id of the first document that is found when Elasticsearch embeds the query by that endpoint."""
    builder = {"text_embedding": {"model_id": model_id, "model_text": text}}
    body = {"size": 1, "knn": {"field": "content_embedding", "query_vector_builder": builder}}
    return str(client.request("POST", f"/{alias}/_search", body)["hits"]["hits"][0]["_id"])
