"""What an evaluation made counts as left only when its process is known to be gone."""

import os
import subprocess
import time

import pytest

from components.model.machine import this_machine
from jinactl.beside.leftovers import is_left, own_mark

NOW = int(time.time())


def ended() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (own_mark(), False),
        (f"{this_machine()}:{ended()}:{NOW}", True),
        (f"{this_machine()}:1:{NOW}", False),
        (f"elsewhere:{os.getpid()}:{NOW}", False),
        (f"elsewhere:{os.getpid()}:{NOW - 100_000}", True),
        ("", False),
        (None, False),
        ("of:somebody:else", False),
    ],
    ids=["own", "ended", "running", "elsewhere", "elsewhere, long ago", "empty", "none", "not a mark"],
)
def test_only_a_process_that_is_gone_leaves_something(mark: object, *, expected: bool) -> None:
    assert is_left(mark) is expected
