"""How a program ends: what it prints, and its exit code."""

import subprocess

import pytest

from components.errors import StackError
from components.program import stopping
from components.program.entry import run_to_end


@pytest.mark.parametrize(
    ("ending", "code", "out", "err"),
    [
        (None, 0, "done\n", ""),
        (StackError("why, and what to do"), 1, "", "why, and what to do\n"),
        (stopping.StoppedError(), stopping.STOPPED, "", "Stopped."),
    ],
    ids=["well", "refused", "stopped"],
)
def test_what_is_wanted_goes_out_and_what_people_are_told_beside_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ending: BaseException | None,
    code: int,
    out: str,
    err: str,
) -> None:
    monkeypatch.setattr("components.program.stopping.signal.signal", lambda *_: None)

    def work() -> str:
        if ending:
            raise ending
        return "done"

    assert run_to_end(work) == code
    printed = capsys.readouterr()
    assert printed.out == out
    assert printed.err.startswith(err)


@pytest.mark.parametrize("script", ["sleep 60", "trap '' TERM; echo; while :; do sleep 1; done"])
def test_a_child_ends_with_its_group_also_where_it_does_not_listen(
    monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(stopping, "GRACE", 0.2)
    process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    stopping.end_group(process)
    assert process.wait(5) < 0
    stopping.end_group(process)
    if process.stdout:
        process.stdout.close()
