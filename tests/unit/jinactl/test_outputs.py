"""What is read from a stack's outputs, and what is said of others."""

import json
from pathlib import Path
from typing import Any

import pytest

from jinactl.command import run
from jinactl.errors import CommandError
from jinactl.outputs import facts_of, read_facts
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


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "not an object"), ("", "is not JSON")],
)
def test_a_file_that_holds_no_outputs_is_told(content: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=told):
        read_facts(path)


def test_a_command_that_fails_says_one_line_and_exits_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["search", "--outputs", str(tmp_path / "none"), "words"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: The stack's outputs cannot be read")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [[], ["search"], ["ingest", "x"], ["search", "--outputs", "x", "--size", "0", "words"], ["other"]],
)
def test_wrong_arguments_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 2
    assert "usage: python -m jinactl" in capsys.readouterr().err


def test_a_file_of_documents_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs: dict[str, Any] = {**OUTPUTS}
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    assert run(["ingest", "--outputs", str(tmp_path / "outputs.json"), "/nowhere.ndjson"]) == 1
    assert "/nowhere.ndjson cannot be read: No such file" in capsys.readouterr().err
