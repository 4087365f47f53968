"""Measures the same stack on one machine and in a cluster, in turn, so that other work on the machine meets both."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cluster.platforms import PLACES, OnCluster, OnDocker, Platform
from sandbox.errors import SandboxError
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.stack import STACK
from sandbox.preparation import Prepared
from sandbox.pulumi.command import Finished
from sandbox.pulumi.stack import SandboxStack
from tests.e2e.conftest import new_stack, remove_left_overs

DOCKER, KUBERNETES = "Docker", "a cluster of one node"
NAME = "benchmark-cluster"
QUANTS = ("F16", "Q8_0")
SAME = {"quant": QUANTS[0], "serverCpus": "1"}
IN_THE_CLUSTER = {"kubernetesCpuRequest": "0.2", "kubernetesGatewayReplicas": 1}
"""As many gateways as on one machine; the requests fit beside other pods on a small node."""

REQUESTS = {1: 100, 32: 10}
"""How many requests a round, by the number of texts in each."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The seconds of each request of so many texts, a round at a time."""

    platform: str
    place: str
    texts: int
    rounds: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was measured, by platform: seconds of commands, a round at a time, seconds of requests, and MiB."""

    first: dict[str, list[float]]
    preview: dict[str, list[float]]
    quant: dict[str, list[float]]
    asked: list[Asked]
    memory: dict[str, dict[str, dict[str, float]]]


@contextmanager
def stacks(
    folder: Path, prepared: Prepared, in_cluster: Prepared, cluster: Cluster
) -> Iterator[list[Platform]]:
    """Make both stacks, not yet brought up; take them away at the end. The cluster goes with what is in it."""
    docker = new_stack(NAME, folder / "docker", prepared, **SAME)
    there = SandboxStack(STACK, folder / "cluster", in_cluster.environment).with_new_state(folder / "cluster")
    there.configure({**in_cluster.settings, **SAME, **IN_THE_CLUSTER})
    try:
        yield [OnDocker(DOCKER, docker), OnCluster(KUBERNETES, there, cluster)]
    finally:
        docker.destroy(capture=True)
        remove_left_overs(NAME)


def compare(platforms: Sequence[Platform], rounds: int) -> Found:
    """Bring both up, ask each of them in turn, look at them and change them; return what was measured.

    Raises SandboxError when an update fails or a request is not answered.
    """
    names = [one.name for one in platforms]
    found = Found(
        first={name: [] for name in names},
        preview={name: [] for name in names},
        quant={name: [] for name in names},
        asked=[
            Asked(platform=name, place=place, texts=texts)
            for place in PLACES
            for texts in REQUESTS
            for name in names
        ],
        memory={},
    )
    for one in platforms:
        found.first[one.name].append(seconds(one.stack.up))
        print(f"{one.name}: first up in {found.first[one.name][-1]:.0f} s", flush=True)
    for number in range(rounds):
        order = list(platforms) if number % 2 == 0 else list(reversed(platforms))
        ask(order, found.asked, number)
        for one in order:
            found.memory[one.name] = one.memory()
        for one in order:
            found.preview[one.name].append(seconds(one.stack.preview, "--expect-no-changes"))
        for one in order:
            one.stack.configure({"quant": QUANTS[(number + 1) % len(QUANTS)]})
            found.quant[one.name].append(seconds(one.stack.up))
            took = f"preview {found.preview[one.name][-1]:.1f} s, quant {found.quant[one.name][-1]:.1f} s"
            print(f"{one.name}: {took}", flush=True)
    return found


def ask(order: Sequence[Platform], asked: Sequence[Asked], number: int) -> None:
    """Ask all from each place, one platform after the other, for one round."""
    named = {one.name: one for one in order}
    with ExitStack() as clients:
        for one in order:
            clients.enter_context(one.with_client())
        # By place and number of texts, so that what is compared is asked within seconds.
        for case in sorted(asked, key=lambda one: (one.place, one.texts, [*named].index(one.platform))):
            case.rounds.append(named[case.platform].ask(case.place, case.texts, REQUESTS[case.texts]))
            middle = sorted(case.rounds[-1])[len(case.rounds[-1]) // 2]
            print(
                f"{number + 1}: {case.platform}, {case.place}, {case.texts}: {1000 * middle:.1f} ms",
                flush=True,
            )


def seconds(command: Callable[..., Finished], *arguments: str) -> float:
    """Run a command of Pulumi; return the seconds that it took.

    Raises SandboxError with its output when it fails.
    """
    began = time.monotonic()
    finished = command(*arguments, capture=True)
    if finished.exit_code != 0:
        raise SandboxError(finished.output)
    return time.monotonic() - began
