"""`jinactl status`: what it prints, and how it ends."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jinactl.app import run
from jinactl.commands import status as command
from jinactl.outputs import StackFacts
from jinactl.status.state import Status, Unread
from tests.unit.jinactl.stack_outputs import OUTPUTS
from tests.unit.jinactl.status.states import WELL

DOWN = replace(WELL, gateway=Unread("nothing answers"))


@pytest.fixture
def outputs(tmp_path: Path) -> str:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(OUTPUTS))
    return str(path)


@pytest.mark.parametrize(
    ("found", "code", "first"), [(WELL, 0, "ok    search"), (DOWN, 1, "DOWN  search")], ids=["well", "down"]
)
def test_the_first_line_and_the_exit_code_say_whether_search_works(
    found: Status,
    code: int,
    first: str,
    outputs: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "read_status", lambda _facts, _aliases: found)
    assert run(["status", "--outputs", outputs]) == code
    printed = capsys.readouterr().out
    assert printed.startswith(first)
    assert "jina-demo-256-f16-59cfacee-2: 1,010 documents, 4.1 MB" in printed
    assert run(["status", "--outputs", outputs, "--json"]) == code
    assert json.loads(capsys.readouterr().out)["search_works"] == (code == 0)


def test_watching_goes_on_until_ctrl_c_and_ends_as_the_last_state_says(
    outputs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = [WELL, DOWN]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if not states:
            raise KeyboardInterrupt

    def read(_facts: StackFacts, _aliases: Sequence[str]) -> Status:
        return states.pop(0)

    monkeypatch.setattr(command, "read_status", read)
    monkeypatch.setattr("time.sleep", pause)
    assert run(["status", "--outputs", outputs, "--watch"]) == 1
    shown = capsys.readouterr().out
    assert shown.index("ok    search") < shown.index("DOWN  search")
    assert len(pauses) == 2
