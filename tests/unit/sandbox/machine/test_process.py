"""Processes of a preparation: their log, their failure, and their end when this program is asked to stop."""

import threading
import time
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.machine import process
from sandbox.machine.process_table import processes


@pytest.fixture(autouse=True)
def going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_stopping", threading.Event())


@pytest.mark.parametrize(
    ("command", "timeout", "message"),
    [
        (["sh", "-c", "echo said; exit 3"], None, "failed with exit code 3. Its last lines:\n.*said"),
        (["no-such-program"], None, "no-such-program is not installed"),
        (["sleep", "60"], 0.1, "ran longer than 0 s"),
    ],
)
def test_a_failure_says_what_happened(
    command: list[str], timeout: float | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SandboxError, match=f"(?s){message}"):
        process.run(command, tmp_path / "log", timeout=timeout)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep 60 & echo $!; wait", id="ends on a Ctrl-C"),
        pytest.param("trap '' INT; sleep 60 & echo $!; wait", id="takes no notice of one"),
    ],
)
def test_all_that_runs_ends_in_seconds_and_nothing_begins(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "ENDED_WITHIN", 0.5)
    log = tmp_path / "log"
    failed: list[str] = []

    def run() -> None:
        try:
            process.run(["sh", "-c", script], log)
        except SandboxError as error:
            failed.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not log.exists() or not log.read_text().endswith("\n") or len(log.read_text().splitlines()) < 2:
        time.sleep(0.02)
    started = int(log.read_text().splitlines()[-1])

    process.stop_all()

    thread.join(5)
    assert not thread.is_alive()
    assert "failed with exit code" in failed[0]
    assert not any(one.pid == started for one in processes())
    with pytest.raises(SandboxError, match="asked to stop"):
        process.run(["true"], log)
