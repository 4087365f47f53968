"""Measures `pulumi preview` of no change against that of an empty program: `python -m benchmarks.preview`.

It takes the demo's stack, which must be up (`make demo`), and changes nothing of it. Every round previews all programs
in turn, so a ratio is of two previews that ran one after the other.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.machine import machine
from sandbox.errors import SandboxError
from sandbox.machine.cache import cache_root
from sandbox.preparation import prepare
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from sandbox.show.steps import Steps

UNCHANGED = "unchanged"
PROGRAM = "from benchmarks.preview import programs\n\nprograms.{call}\n"
PROJECT = "name: preview-{number}\nruntime: python\n"
COMPARED = {
    "an empty program": "",
    "an empty program with this one's imports": "imports()",
    "64 components": "components(64)",
    "1 dynamic resource": "dynamic_resources(1)",
    "64 dynamic resources": "dynamic_resources(64)",
}
OURS = "the demo's stack"


@dataclass(frozen=True)
class Preview:
    """Seconds that one preview took, and seconds of CPU of all its processes."""

    wall: float
    cpu: float


def main(arguments: Sequence[str]) -> int:
    """Measure, and print what was found; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preview", description=__doc__)
    parser.add_argument("--stack", default="cpu", help="name of the demo's stack (default: cpu)")
    parser.add_argument("--rounds", type=int, default=5, help="previews of each program (default: 5)")
    chosen = parser.parse_args(arguments)
    cache = cache_root()
    with redirect_stdout(sys.stderr), TemporaryDirectory() as folder:
        environment = prepare(cache, Steps(Path(folder) / "timings.json"), "F16").environment
        stacks = {
            name: _made(Path(folder) / str(number), number, call, environment)
            for number, (name, call) in enumerate(COMPARED.items())
        }
        stacks[OURS] = SandboxStack(chosen.stack, cache / "demo", environment)
        rounds = [{name: _preview(stack) for name, stack in stacks.items()} for _ in range(chosen.rounds + 1)]
    facts = machine()
    # The first round warms the caches up.
    print(
        *table(rounds[1:]),
        "",
        f"{facts['cores']} cores of {facts['processor']}, {chosen.rounds} rounds",
        sep="\n",
    )
    print(f"load of the machine {facts['load_1min_at_the_end']} at the end")
    return 0


def _made(folder: Path, number: int, call: str, environment: dict[str, str]) -> SandboxStack:
    """Return a stack whose program makes one call, brought up in a state of its own in `folder`."""
    program = folder / "program"
    program.mkdir(parents=True)
    (program / "Pulumi.yaml").write_text(PROJECT.format(number=number))
    (program / "__main__.py").write_text(PROGRAM.format(call=call) if call else "")
    found = {**environment, "PYTHONPATH": str(PROJECT_DIRECTORY)}
    stack = SandboxStack("preview", folder, found, program).with_new_state(folder)
    done = stack.up(capture=True)
    if done.exit_code:
        raise SandboxError(f"A program to compare with could not be brought up:\n{done.output}")
    return stack


def _preview(stack: SandboxStack) -> Preview:
    """Preview once. Raises SandboxError for a stack that is not up, or not as its settings say."""
    began, used = time.monotonic(), _children()
    done = stack.preview()
    took = Preview(time.monotonic() - began, _children() - used)
    changes = done.output.rpartition("Resources:")[2].split()
    if done.exit_code or changes[1:] != [UNCHANGED]:
        raise SandboxError(f"`pulumi preview` of {stack.project} shows changes:\n{done.output}")
    return took


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def table(rounds: Sequence[dict[str, Preview]]) -> list[str]:
    """Return a row for each program: medians, and that of the ratios to the empty program of the same round."""
    empty = next(iter(COMPARED))
    rows = ["|  | s | against the empty one | s of CPU |", "| --- | --- | --- | --- |"]
    for name in rounds[0]:
        wall = statistics.median(one[name].wall for one in rounds)
        ratio = statistics.median(one[name].wall / one[empty].wall for one in rounds)
        cpu = statistics.median(one[name].cpu for one in rounds)
        rows.append(f"| {name} | {wall:.2f} | {ratio:.2f} | {cpu:.2f} |")
    return rows


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SandboxError as error:
        sys.exit(f"error: {error}")
