"""The demo on Kubernetes: the whole stack on three real nodes on this machine, and the same five questions."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from sandbox.arguments import add_knobs
from sandbox.demo import FIRST_QUANT, WIDTH, Demo
from sandbox.docker.engine import ensure_engine
from sandbox.errors import SandboxError
from sandbox.kubernetes import cluster as clusters
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.stack import STACK, access, reachable
from sandbox.machine.cache import cache_root
from sandbox.machine.interrupts import Stopped, stoppable
from sandbox.preparation import prepare
from sandbox.pulumi.stack import PROJECT, SandboxStack
from sandbox.show import report
from sandbox.show.answers import demo_answers
from sandbox.show.steps import Steps

NAME = "jina-search-demo"
NODES = 3


def up(console: Console, quant: str, dims: str) -> int:
    """Bring the cluster and the stack up, ask the five questions, and return the exit code.

    Raises SandboxError when a part cannot be prepared, or the update fails.
    """
    began, cache = time.monotonic(), cache_root()
    steps = Steps(cache / "timings.json")
    before = SandboxStack(STACK, cache / "clusters" / NAME / "stack", {}).settings
    prepared = prepare(cache, steps, quant or before.get("quant") or FIRST_QUANT)
    with steps.step("Kubernetes") as say:
        cluster = clusters.find(cache, NAME, say) or clusters.start(cache, say, NAME, nodes=NODES)
    # What is asked from here, and not by a child process, goes through kubectl too.
    os.environ.update(access(cluster, dict(os.environ)))
    with steps.step("pulumi up") as say, reachable(cache, say, cluster, prepared) as ready:
        environment = {**ready.environment, "PULUMI_BACKEND_URL": f"file://{cluster.folder}/state"}
        (cluster.folder / "state").mkdir(exist_ok=True)
        stack = SandboxStack(STACK, cluster.folder / "stack", environment)
        stack.ensure()
        knobs = {name: value for name, value in (("quant", quant), ("dims", dims)) if value}
        # Filled once while the stand-in of the Hub runs: pods that start later need it no more.
        stack.configure({**ready.settings, "modelDelivery": "claim", **knobs})
        if stack.up().exit_code != 0:
            raise SandboxError("`pulumi up` failed; its output above says why. Run this again to go on.")
    with steps.step("five questions"):
        outputs = stack.outputs()
        answers = demo_answers(outputs)
    steps.remember()
    report.show_parts(console, ready.parts)
    report.show_times(console, steps.took, time.monotonic() - began)
    report.show_answers(console, answers, outputs["quant"], int(outputs["dims"]))
    console.print(f"\n{report.changes_line(stack.last_changes())}", highlight=False)
    console.print(_how_to_look(cluster), highlight=False, soft_wrap=True)
    return Demo(cache, console, STACK).verdict(answers, ready.parts, outputs["quant"], int(outputs["dims"]))


def _how_to_look(cluster: Cluster) -> str:
    kubectl = f"KUBECONFIG={cluster.kubeconfig} {cluster.binaries.program('kubectl')}"
    return (
        f"The cluster goes on running: {kubectl} get pods --namespace {PROJECT}-{STACK}\n"
        "`make down-kubernetes` takes all of it away."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of the demo; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.kubernetes.demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_knobs(commands.add_parser("up", help="bring cluster and stack up and ask the five questions"))
    commands.add_parser("down", help="take the cluster away, with everything in it")
    chosen = parser.parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        with stoppable():
            if chosen.command == "up":
                return up(console, chosen.quant, chosen.dims)
            ensure_engine(cache_root(), console.print)
            clusters.stop(NAME, cache_root())
            return 0
    except SandboxError as error:
        console.print(f"\nerror: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        return 1
    except Stopped as stopped:
        console.print("\nStopped. Run it again to go on from here.")
        return stopped.exit_code


if __name__ == "__main__":
    sys.exit(main())
