"""A long step is said to be still running."""

import threading

from sandbox.heartbeat import heartbeat


def test_a_long_step_is_told_at_intervals_until_it_ends() -> None:
    told: list[str] = []
    enough = threading.Event()

    def say(line: str) -> None:
        told.append(line)
        if len(told) == 2:
            enough.set()

    with heartbeat(say, "compiling", seconds=0.01):
        assert enough.wait(10)
    count = len(told)
    assert set(told) == {"compiling: 0 s so far"}
    assert not threading.Event().wait(0.05)
    assert len(told) == count
