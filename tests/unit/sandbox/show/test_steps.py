"""A long preparation tells what it does, how long it took last time, and which error ended it."""

import json
import signal
import threading
import time
from pathlib import Path

import pytest

from sandbox.errors import SandboxError
from sandbox.show.steps import Steps, duration


def unheard(line: str) -> None:
    assert line


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (1.2, "1 s"),
        (59.4, "59 s"),
        (60.0, "1 min 00 s"),
        (200.4, "3 min 20 s"),
    ],
)
def test_a_duration_is_written_as_people_read_it(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_step_that_says_nothing_writes_nothing_but_is_timed(tmp_path: Path) -> None:
    lines: list[str] = []
    steps = Steps(tmp_path / "timings.json", lines.append)

    with steps.step("quick"):
        pass

    assert lines == []
    assert steps.took["quick"] < 1


def test_the_first_line_of_a_step_says_how_long_it_took_last_time(tmp_path: Path) -> None:
    timings = tmp_path / "timings.json"
    timings.write_text(json.dumps({"image": 200.0}))
    lines: list[str] = []
    steps = Steps(timings, lines.append)

    with steps.step("image") as say:
        say("building")
        say("still building")

    assert lines[0].endswith("image: building (last time 3 min 20 s)")
    assert lines[1].endswith("image: still building")
    assert "image: done in" in lines[2]


def test_quick_steps_do_not_overwrite_what_a_real_run_took(tmp_path: Path) -> None:
    timings = tmp_path / "timings.json"
    timings.write_text(json.dumps({"image": 200.0}))
    steps = Steps(timings, unheard)

    with steps.step("image"):
        pass
    steps.remember()

    assert json.loads(timings.read_text()) == {"image": 200.0}


def test_steps_side_by_side_return_their_results_by_name(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "timings.json", unheard)

    assert steps.together({"one": lambda: 1, "two": lambda: 2}) == {"one": 1, "two": 2}


def test_an_error_of_one_step_is_raised(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "timings.json", unheard)

    def fail() -> None:
        raise SandboxError("no engine")

    with pytest.raises(SandboxError, match="no engine"):
        steps.together({"fine": lambda: 1, "broken": fail})


def test_a_stop_waits_for_no_work_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.show.steps.STOPPED_WITHIN", 0.1)
    monkeypatch.setattr("sandbox.machine.process._stopping", threading.Event())
    steps = Steps(tmp_path / "timings.json", unheard)
    main, ended = threading.main_thread().ident, threading.Event()
    assert main is not None

    def interrupt() -> None:
        signal.pthread_kill(main, signal.SIGUSR1)
        ended.wait(60)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGUSR1, stop)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            steps.together({"download": interrupt})
    finally:
        signal.signal(signal.SIGUSR1, former)

    assert time.monotonic() - began < 10
    ended.set()


def test_times_that_a_kill_cut_short_are_never_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = tmp_path / "timings.json"
    timings.write_text("{}")
    steps = Steps(timings, unheard)
    steps.took["image"] = 200.0

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", kill)
    with pytest.raises(KeyboardInterrupt):
        steps.remember()

    assert timings.read_text() == "{}"
