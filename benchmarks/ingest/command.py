"""Runs `jinactl ingest` as people do, and watches its memory."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.jinactl.stack_outputs import OUTPUTS

WORDS = (
    "the pod keeps restarting because its memory limit is lower than what the cache of the service needs after a while "
    "so the kernel kills it and the node starts another one which reads everything again from the disk"
).split()
MEBIBYTE = 1024


@dataclass(frozen=True)
class Run:
    """One run: its seconds, what it counted, and its memory in MiB at a tenth, in the middle, and at most."""

    seconds: float
    counted: Mapping[str, int]
    early: float
    middle: float
    most: float

    @property
    def rate(self) -> float:
        """Documents a second."""
        return self.counted["read"] / self.seconds


def write_documents(path: Path, count: int, words: int = 20) -> None:
    """Write a file of so many lines, each a document of so many words, all of them different."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = " ".join(
                WORDS[(number * 7 + place * (number % 5 + 1)) % len(WORDS)] for place in range(words - 1)
            )
            file.write(f'{{"_id": "{number}", "content": "{number} {text}"}}\n')


def write_outputs(path: Path, **changes: object) -> None:
    """Write the outputs of a stack."""
    path.write_text(json.dumps({**OUTPUTS, **changes}), encoding="utf-8")


def run(outputs: Path, documents: Path, program: str = "from jinactl.app import run") -> Run:
    """Put documents in, and measure. `program` is what makes a function `run` that is called with the arguments."""
    arguments = ["ingest", "--outputs", str(outputs), "--json", str(documents)]
    code = f"import sys\n{program}\nsys.exit(run(sys.argv[1:]))"
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        sizes = []
        while process.poll() is None:
            sizes.append(_resident(process.pid))
            time.sleep(0.2)
        counted: dict[str, Any] = json.loads(process.communicate()[0])
    sizes = [one for one in sizes if one] or [0.0]
    return Run(time.monotonic() - began, counted, sizes[len(sizes) // 10], sizes[len(sizes) // 2], max(sizes))


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / MEBIBYTE for line in lines if line.startswith("VmRSS:")), 0.0)
