"""When waiting is said, and when it ends."""

from collections.abc import Callable

import pytest

from components.elasticsearch.errors import CredentialsError, UnavailableError
from jinactl.ingest import waiting
from jinactl.ingest.waiting import StoppedError, Waiting


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_PAUSE", 0.001)


def failing(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def send() -> str:
        if left:
            raise left.pop()
        return "done"

    return send


def test_a_moment_of_waiting_is_not_said() -> None:
    said: list[str] = []
    assert Waiting(60, said.append).through(failing(3, UnavailableError("busy"))) == "done"
    assert said == []


def test_waiting_is_said_once_however_many_wait_and_again_when_none_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "UNSAID", 0.0)
    said: list[str] = []
    patient = Waiting(90, said.append)
    with patient.turn() as one, patient.turn() as other:
        assert one.pause("a reason")
        assert other.pause("another reason")
    assert said == ["waiting for up to 1.5 minutes: a reason", "going on after 0 s of waiting"]


@pytest.mark.parametrize(
    ("patience", "error"), [(0.0, UnavailableError("busy")), (60.0, CredentialsError("wrong"))]
)
def test_what_does_not_pass_or_lasts_longer_is_raised(patience: float, error: Exception) -> None:
    with pytest.raises(type(error)):
        Waiting(patience, print).through(failing(1, error))


def test_nobody_waits_on_when_another_gave_up() -> None:
    patient = Waiting(60, print)
    patient.stopped.set()
    with pytest.raises(StoppedError):
        patient.through(failing(1, UnavailableError("busy")))
