"""A peer in a process of its own answers line by line, whatever its library writes."""

import json
import subprocess
import sys
from contextlib import suppress

import pytest

from benchmarks.peers.process import Process
from benchmarks.server.servers import Running

PROGRAM = """
import numpy as np
from benchmarks.peers import engines, worker

class Double(engines.Engine):
    def load(self, model, threads):
        print("a library greets")
        return lambda ids: (ids * threads).astype(np.float32)

engines.PEERS["double"] = Double("float32", "nothing")
worker.main("double", "/nowhere", "3")
"""


def test_only_answers_come_out() -> None:
    asked = [{"texts": [[1, 2], [3, 4]], "times": 2}, {"texts": [[5]], "times": 1}]
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input="".join(json.dumps(one) + "\n" for one in asked),
        capture_output=True,
        text=True,
        check=True,
    )

    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["vectors"] for one in answers] == [[[3, 6], [9, 12]], [[15]]]
    assert all(one["seconds"] >= 0 for one in answers)
    assert "a library greets" in ran.stderr


@pytest.mark.parametrize(
    "command", [["false"], ["sh", "-c", "read line; exit 1"]], ids=["at once", "when asked"]
)
def test_an_engine_that_ends_is_told(command: list[str]) -> None:
    with (
        suppress(BrokenPipeError),  # closing it writes what it did not take
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ended,
        pytest.raises(SystemExit, match="has ended with 1"),
    ):
        Process(Running("", ended.pid, 0.0), ended).ask([[1]] * 100_000, 1)
