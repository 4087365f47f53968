"""Which signals stop this program, and how it leaves a terminal that is closed."""

import os
import signal
from collections.abc import Iterator

import pytest

from sandbox.demo import main
from sandbox.machine.interrupts import Stopped, held_back, stoppable

STOPPING = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Begin with handlers that no caller has set, whatever the tests run under."""
    former = {number: signal.getsignal(number) for number, _ in STOPPING}
    for number in former:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "exit_code"), STOPPING)
def test_a_signal_stops_what_is_stoppable_with_the_exit_code_of_shells(number: int, exit_code: int) -> None:
    with pytest.raises(Stopped) as stopped, stoppable():
        os.kill(os.getpid(), number)

    assert stopped.value.exit_code == exit_code


@pytest.mark.parametrize(("number", "exit_code"), STOPPING)
def test_a_signal_is_held_back_to_the_end_of_what_must_finish(number: int, exit_code: int) -> None:
    told: list[int] = []
    finished = False

    def finish() -> None:
        nonlocal finished
        os.kill(os.getpid(), number)
        finished = True

    with pytest.raises(Stopped) as stopped, stoppable(), held_back(told.append):
        finish()

    assert (told, finished, stopped.value.exit_code) == ([number], True, exit_code)


def test_what_the_caller_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with stoppable():
        os.kill(os.getpid(), signal.SIGHUP)

    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_afterwards_a_signal_does_what_it_did() -> None:
    with stoppable(), held_back(lambda _: None):
        pass

    assert {signal.getsignal(number) for number, _ in STOPPING} == {signal.SIG_DFL}


@pytest.mark.parametrize(("number", "exit_code"), STOPPING)
def test_a_stopped_demo_says_how_it_goes_on(
    number: int, exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sandbox.demo.Demo.prepare_tests", lambda _: os.kill(os.getpid(), number))

    assert main(["prepare"]) == exit_code

    assert "Stopped. Run it again to go on from here." in capsys.readouterr().out
