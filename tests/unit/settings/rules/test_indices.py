"""The names of a stack's indices: which can be used together, and which may be named to be adopted or deleted."""

from typing import Any

import pytest

from components.elasticsearch.generations.generation import LiveIndex, new_name
from components.settings import SettingsError
from tests.unit.elasticsearch.generations.made import WANTED
from tests.unit.project import stack_settings

FURTHER = "elasticsearchAdditionalIndices"

REFUSED = [
    ({FURTHER: "tickets"}, (f"{FURTHER} is", "list")),
    ({FURTHER: ["Tickets", "_mine", "tickets"]}, (f'{FURTHER} has "Tickets", "_mine"', "lower-case")),
    ({FURTHER: ["tickets", "news", "tickets"]}, (f'{FURTHER} has "tickets" more than once',)),
    ({FURTHER: ["A", "b", "b"]}, ('"A": each must be', '"b" more than once')),
    ({FURTHER: ["jina-demo"]}, (f"{FURTHER} has jina-demo, which is elasticsearchIndex already",)),
    ({FURTHER: ["t" * 201]}, ("tttt... has 201 characters",)),
    ({FURTHER: ["jina-demo-768-q8_0-59cfacee-12"]}, ("as jina-demo gives to its own generations",)),
    (
        {FURTHER: ["news"], "elasticsearchIndex": "news-64-f16-unknown-1"},
        ("elasticsearchIndex: news-64-f16-unknown-1", "as news gives to its own generations"),
    ),
    (
        {FURTHER: ["tickets"], "elasticsearchDeleteData": "ticket,jina-demo"},
        ("elasticsearchDeleteData", "jina-demo, tickets", "put back", "Did you mean tickets?"),
    ),
    ({"elasticsearchAdopt": "tickets"}, ("elasticsearchAdopt", "jina-demo")),
]


@pytest.mark.parametrize(("changes", "parts"), REFUSED)
def test_names_that_cannot_be_used_are_refused_in_one_message(
    changes: dict[str, Any], parts: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError) as raised:
        stack_settings("cpu", **changes)
    (problem,) = raised.value.problems
    for part in parts:
        assert part in problem


def test_a_name_that_a_generation_may_get_is_refused() -> None:
    with pytest.raises(SettingsError, match="gives to its own generations"):
        stack_settings("cpu", **{FURTHER: [new_name(WANTED, LiveIndex())]})


@pytest.mark.parametrize("name", ["jina", "jina-demo-64", "jina-demo-tickets", "tickets-2024", "0"])
def test_names_may_begin_alike(name: str) -> None:
    assert stack_settings("cpu", **{FURTHER: [name]}).elasticsearch.indices == ("jina-demo", name)


def test_several_may_be_named_to_be_deleted() -> None:
    changes = {FURTHER: ["news", "tickets"], "elasticsearchDeleteData": "tickets, jina-demo,tickets"}
    assert stack_settings("cpu", **changes).elasticsearch.delete_data == "tickets,jina-demo"
