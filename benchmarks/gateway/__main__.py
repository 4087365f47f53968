"""Measures what the gateway adds to asking a server directly, side by side in one run: `python -m benchmarks.gateway`.

The server answers at once. Each case is asked of both in turn, several times; a figure is the median of the rounds. The
gateway's seconds of CPU a request say more than its time on a machine that has other work.
"""

import argparse
import http.client
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from tests.contract.gateway.running import Double, Gateway, free, gateway, kibibytes, program, wait_for
from tests.unit.project import PROJECT_DIRECTORY

WIDTH = 768
QUERY = "what is deep learning and why would anyone care about it"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Case:
    """So many texts a request, asked by so many clients at a time."""

    name: str
    texts: int
    clients: int
    fields: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The request's body."""
        return json.dumps({"input": [QUERY] * self.texts, **self.fields}).encode()


CASES = (
    Case("1 text, numbers", 1, 1, {}),
    Case("1 text, base64", 1, 1, {"encoding_format": "base64"}),
    Case("1 text, 256 dims", 1, 1, {"dimensions": 256}),
    Case("128 texts, numbers", 128, 1, {}),
    Case("128 texts, base64, 256 dims", 128, 1, {"encoding_format": "base64", "dimensions": 256}),
    Case("1 text, base64, 16 clients", 1, 16, {"encoding_format": "base64"}),
    Case("1 text, numbers, 16 clients", 1, 16, {}),
)


@dataclass(frozen=True)
class Round:
    """Seconds of each request, requests a second, and the gateway's seconds of CPU a request."""

    seconds: float
    rate: float
    cpu: float


def main(arguments: Sequence[str]) -> int:
    """Measure, and print what was found; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case (default: 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds of each round (default: 2)")
    chosen = parser.parse_args(arguments)
    port = free()
    with (
        program(
            ["benchmarks.gateway.instant_server", str(port), str(WIDTH)], PROJECT_DIRECTORY, {}
        ) as process,
        gateway(WIDTH=str(WIDTH), TRAINED_DIMS="256,768") as through,
    ):
        wait_for(f"http://127.0.0.1:{port}/health", process)
        server = Double(f"127.0.0.1:{port}", process)
        through.use("queries", server, 2048)
        through.use("documents", server, 8192)
        at_rest = kibibytes(through.process)
        print(
            "| case | directly | through the gateway | added | added a text | CPU a request | requests/s on a core |"
        )
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for case in CASES:
            print(compared(case, server, through, chosen.rounds, chosen.seconds), flush=True)
        most = kibibytes(through.process, "VmHWM")
    print(f"\nMemory: {at_rest / 1024:.0f} MiB at rest, {most / 1024:.0f} MiB at most.")
    print(json.dumps(machine()))
    return 0


def compared(case: Case, server: Double, through: Gateway, rounds: int, seconds: float) -> str:
    """Measure a case on both in turn; return a row of the table."""
    address = through.url.removeprefix("http://")
    found: dict[str, list[Round]] = {"direct": [], "through": []}
    for number in range(rounds):
        order = ["direct", "through"] if number % 2 else ["through", "direct"]
        for name in order:
            asked, path = (server.address, "") if name == "direct" else (address, "/query")
            found[name].append(measured(case, asked, f"{path}/v1/embeddings", through.process.pid, seconds))
    direct, gated = (statistics.median(one.seconds for one in found[name]) for name in ("direct", "through"))
    added = gated - direct
    cpu = statistics.median(one.cpu for one in found["through"])
    return (
        f"| {case.name} | {1000 * direct:.2f} ms | {1000 * gated:.2f} ms | {1000 * added:.2f} ms "
        f"| {1000 * added / case.texts:.3f} ms | {1000 * cpu:.2f} ms | {1 / cpu:.0f} |"
    )


def measured(case: Case, address: str, path: str, pid: int, seconds: float) -> Round:
    """Ask for so many seconds; return the median of the requests' times and the rates."""
    times: list[float] = []
    end = time.monotonic() + seconds
    before = cpu_seconds(pid)

    def ask_on() -> None:
        connection = http.client.HTTPConnection(address, timeout=60)
        while time.monotonic() < end:
            began = time.perf_counter()
            connection.request("POST", path, case.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - began)
            if answer.status != http.client.OK:
                raise SystemExit(f"HTTP {answer.status}")

    clients = [threading.Thread(target=ask_on) for _ in range(case.clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return Round(
        statistics.median(times), len(times) / seconds, (cpu_seconds(pid) - before) / len(times) or 1e-9
    )


def cpu_seconds(pid: int) -> float:
    """Return what a process has used of the CPUs."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
