"""What is declared of a stack with several indices, and that one with a single index is declared as it was."""

from typing import Any

import pytest

from components.elasticsearch.dynamic.values import claim_of
from tests.unit.declared import Declared, one
from tests.unit.elasticsearch.dynamic.resources import INPUTS, PROVIDERS, outputs
from tests.unit.elasticsearch.node.test_component import environment
from tests.unit.elasticsearch.stack import DYNAMIC, EXTERNAL, IN_CLIENT, resource, stack

INDEX, GUARD = f"{DYNAMIC}Index", f"{DYNAMIC}DeletionGuard"
MORE: dict[str, Any] = {"elasticsearchAdditionalIndices": '["news", "tickets"]'}


def names(declared: list[Declared], kind: str) -> list[str]:
    return sorted(item.name for item in declared if item.type == kind)


def after(declared: list[Declared], kind: str, name: str) -> set[str]:
    return {urn.rpartition("::")[2] for urn in one(declared, kind, name).dependencies}


@pytest.mark.parametrize("changes", [{}, EXTERNAL, IN_CLIENT], ids=["own node", "external", "client"])
def test_a_single_index_is_declared_without_a_word_of_others(changes: dict[str, Any]) -> None:
    """So the stacks of before, which had one, see no change."""
    for item in stack(**changes):
        assert not {"siblings", "moves_endpoints"} & set(item.inputs), item.name
    assert names(stack(**changes), INDEX) == ["search-index"]


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_state_of_before_shows_no_change(kind: type[Any]) -> None:
    known = outputs(kind)
    assert kind().diff("id", known, {**known, "__provider": "pickled"}).changes is False


@pytest.mark.parametrize("changes", [{}, EXTERNAL, IN_CLIENT], ids=["own node", "external", "client"])
def test_the_first_keeps_its_names_and_each_other_has_its_own(changes: dict[str, Any]) -> None:
    single, several = stack(**changes), stack(**changes, **MORE)
    known = {(item.type, item.name) for item in single}
    added = {(item.type, item.name) for item in several} - known
    assert known <= {(item.type, item.name) for item in several}
    assert added == {
        (kind, f"search-{what}-{alias}")
        for kind, what in ((INDEX, "index"), (GUARD, "guard"))
        for alias in ("news", "tickets")
    }
    for name, alias in (("search-index", "jina-demo"), ("search-index-news", "news")):
        inputs = resource(several, "Index", name)
        assert inputs["alias"] == alias
        assert sorted([alias, *inputs["siblings"]]) == ["jina-demo", "news", "tickets"]
        assert inputs.get("moves_endpoints", True) is (name == "search-index")
    assert resource(several, "ClusterCheck")["siblings"] == ["news", "tickets"]


def test_indices_are_migrated_one_after_another_and_endpoints_follow_the_first() -> None:
    declared = stack(**MORE)
    assert "search-index" in after(declared, INDEX, "search-index-news")
    assert "search-index-news" in after(declared, INDEX, "search-index-tickets")
    assert "search-pipeline" in after(declared, INDEX, "search-index-tickets")
    endpoint = after(declared, f"{DYNAMIC}InferenceEndpoint", "search-query-endpoint")
    assert "search-index" in endpoint
    assert "search-index-news" not in endpoint
    assert resource(declared, "DemoDocuments")["alias"] == "jina-demo"


@pytest.mark.parametrize("guard", ["search-guard", "search-guard-news", "search-guard-tickets"])
def test_each_guard_is_asked_before_anything_is_deleted(guard: str) -> None:
    declared = stack(**MORE)
    made = {*names(declared, INDEX), *names(declared, f"{DYNAMIC}InferenceEndpoint"), "search-demo-documents"}
    assert made - {"search-pipeline-endpoint", "search-full-endpoint"} <= after(declared, GUARD, guard)
    inputs = resource(declared, "DeletionGuard", guard)
    assert inputs["scope"] == ("node" if guard == "search-guard" else "index")


def test_the_guard_of_the_node_knows_of_all_indices() -> None:
    assert resource(stack(**MORE), "DeletionGuard", "elasticsearch-guard")["siblings"] == ["news", "tickets"]


@pytest.mark.parametrize(
    ("given_up", "kept"), [("jina-demo", "true"), ("news,tickets,jina-demo", "false"), ("", "true")]
)
def test_backups_go_when_those_of_all_indices_were_given_up(given_up: str, kept: str) -> None:
    declared = stack(**MORE, elasticsearchDeleteBackups=given_up)
    told = environment(declared, "elasticsearch-backups-removal")
    assert told["VOLUME_REMOVAL_KEPT_UNLESS_EMPTY"] == kept


@pytest.mark.parametrize(
    ("adopted", "index", "pipeline"),
    [("jina-demo,news", "jina-demo,news", "jina-demo"), ("news", "news", "")],
)
def test_pipeline_and_endpoints_are_taken_over_with_the_first_alone(
    adopted: str, index: str, pipeline: str
) -> None:
    declared = stack(**MORE, elasticsearchAdopt=adopted)
    assert resource(declared, "Index", "search-index-news")["adopt"] == index
    assert resource(declared, "IngestPipeline")["adopt"] == pipeline
    assert resource(declared, "InferenceEndpoint", "search-endpoint")["adopt"] == pipeline


@pytest.mark.parametrize(
    ("alias", "adopt", "handed_over"),
    [("news", "jina-demo,news", True), ("tickets", "jina-demo,news", False), ("news", "", False)],
)
def test_what_of_another_stack_is_handed_over_is_named(alias: str, adopt: str, handed_over: bool) -> None:
    assert claim_of({"alias": alias, "adopt": adopt, "owner": "me"}).covers("another") is handed_over


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_list_that_was_emptied_is_a_change(kind: type[Any]) -> None:
    if "alias" not in INPUTS[kind]:
        return
    known = outputs(kind, siblings=["news"])
    news = {key: value for key, value in known.items() if key != "siblings"}
    assert kind().changes(known, news) == ["siblings"]
    assert kind().diff("id", known, news).replaces == []
