"""What is read from a stack's outputs, and what is said of others."""

import pytest

from jinactl.errors import CommandError, UsageError
from jinactl.outputs import facts_of
from tests.unit.jinactl.stack_outputs import OUTPUTS


def test_the_facts_of_a_stack() -> None:
    facts = facts_of({**OUTPUTS, "more": 1}, "x")
    assert (facts.connection.url, facts.connection.user) == ("https://es.test:9200", "elastic")
    assert (facts.connection.password, facts.connection.api_key) == ("hunter2", "")
    assert facts.connection.ca_certificate == "/etc/ca.pem"
    assert (facts.embedder.dims, facts.embedder.model, facts.embedder.api_key) == (256, "m", "hunter3")
    assert facts.index == "jina-demo"
    assert not facts.embeds_in_client
    assert facts_of({**OUTPUTS, "inferenceEndpoint": ""}, "x").embeds_in_client


@pytest.mark.parametrize(("chosen", "index"), [("", "jina-demo"), ("more", "more")])
def test_an_index_of_the_stack_is_chosen_by_its_name(chosen: str, index: str) -> None:
    assert facts_of({**OUTPUTS, "indices": ["jina-demo", "more"]}, "x", chosen).index == index


@pytest.mark.parametrize("indices", [{}, {"indices": ["jina-demo", "more"]}])
def test_an_index_that_the_stack_has_not_is_refused_with_those_that_it_has(
    indices: dict[str, list[str]],
) -> None:
    with pytest.raises(UsageError, match="The stack has no index other: it has jina-demo"):
        facts_of({**OUTPUTS, **indices}, "x", "other")


def test_facts_show_no_secrets() -> None:
    shown = repr(facts_of(OUTPUTS, "x"))
    assert "hunter2" not in shown
    assert "hunter3" not in shown


@pytest.mark.parametrize("key", sorted(OUTPUTS))
def test_an_output_that_is_missing_is_named(key: str) -> None:
    rest = {name: value for name, value in OUTPUTS.items() if name != key}
    with pytest.raises(CommandError, match=f"outputs.json has no output {key}:.*--show-secrets"):
        facts_of(rest, "outputs.json")


def test_hidden_secrets_are_told() -> None:
    with pytest.raises(CommandError, match=r"elasticsearchPassword in x: hidden\. Ask with --show-secrets"):
        facts_of({**OUTPUTS, "elasticsearchPassword": "[secret]"}, "x")
