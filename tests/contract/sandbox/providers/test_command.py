"""`command.local.Command` of the stand-in, with real processes."""

import threading
import time
from pathlib import Path

import pytest

from sandbox.providers.command.local_command import Command
from sandbox.providers.resource import Operation, ProviderError
from sandbox.providers.values import Properties


@pytest.fixture
def texts() -> list[str]:
    return []


@pytest.fixture
def operation(texts: list[str]) -> Operation:
    return Operation(
        "urn:pulumi:test::test::command:local:Command::thing", lambda *told: texts.append(told[1])
    )


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"create": "echo out; echo err >&2"}, {"stdout": "out", "stderr": "err"}),
        ({"create": "echo $WHO", "environment": {"WHO": "me"}}, {"stdout": "me", "stderr": ""}),
        ({"update": "echo never"}, {"stdout": "", "stderr": ""}),
    ],
)
def test_create_returns_what_the_command_wrote(
    operation: Operation, inputs: Properties, expected: Properties
) -> None:
    assert Command().create(inputs, operation).computed == expected


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"create": "echo made", "update": "echo changed"}, "changed"),
        ({"create": "echo made"}, "made"),
        ({"create": "echo after $PULUMI_COMMAND_STDOUT"}, "after before"),
        ({"delete": "true"}, "before"),
    ],
)
def test_an_update_runs_the_command_for_updates_or_create_again(
    operation: Operation, inputs: Properties, expected: str
) -> None:
    assert Command().update("id", {}, inputs, {"stdout": "before"}, operation)["stdout"] == expected


def test_lines_are_shown_as_they_come(operation: Operation, texts: list[str]) -> None:
    Command().create({"create": "echo one; echo two >&2"}, operation)
    assert sorted(texts) == ["one", "two"]


def test_a_failure_shows_the_exit_status_and_all_that_the_command_wrote(operation: Operation) -> None:
    with pytest.raises(ProviderError, match=r"(?s)exit status 3.*asked.*no embedding"):
        Command().create({"create": "echo asked; echo no embedding >&2; exit 3"}, operation)


def test_delete_runs_only_its_own_command(operation: Operation, tmp_path: Path) -> None:
    inputs = {"create": f"touch {tmp_path}/created", "delete": f"touch {tmp_path}/deleted"}
    Command().delete("id", inputs, {}, operation)
    assert [file.name for file in tmp_path.iterdir()] == ["deleted"]


@pytest.mark.parametrize(
    ("command", "ends_after"),
    [("exec sleep 30", 0.2), ("sleep 3; true", 2.9)],
    ids=["the shell's own process", "a process of the shell"],
)
def test_of_a_cancelled_command_the_shell_alone_is_killed_and_its_pipes_are_waited_for(
    operation: Operation, command: str, ends_after: float
) -> None:
    threading.Timer(0.3, operation.cancelled.set).start()
    start = time.monotonic()
    with pytest.raises(ProviderError, match="signal: killed"):
        Command().create({"create": command}, operation)
    assert ends_after <= time.monotonic() - start < ends_after + 2
