"""A client in the cluster: a pod in the stack's namespace that asks the gateway's Service without a pause."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.kubernetes.cluster import Cluster

PROGRAM = Path(__file__).parent / "asking.py"
SAME = 1e-4
"""How far apart the first numbers of two embeddings of one text and one model may lie."""


@dataclass
class Asked:
    """What a client saw: for each request when it began and ended, and the embedding's first number or the fault."""

    seen: list[tuple[float, float, float | str]] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What went wrong, in the order in which it began."""
        return [found for _, _, found in sorted(self.seen) if isinstance(found, str)]

    @property
    def models(self) -> list[float]:
        """The different embeddings that were answered, in the order in which they came first."""
        different: list[float] = []
        for _, _, found in self.seen:
            if not isinstance(found, str) and not any(abs(found - one) < SAME for one in different):
                different.append(found)
        return different

    @property
    def in_turn(self) -> list[tuple[float, float]]:
        """Requests that began after a later model had answered, and were answered by a former one: when, and what."""
        order = self.models
        known = [
            (began, ended, min(range(len(order)), key=lambda one: abs(order[one] - found)))
            for began, ended, found in self.seen
            if not isinstance(found, str)
        ]
        first = {
            model: min(ended for _, ended, found in known if found == model) for model in range(len(order))
        }
        return [
            (began, order[found])
            for began, _, found in known
            for later, moment in first.items()
            if later > found and began > moment
        ]

    @property
    def slowest(self) -> float:
        """Seconds that the slowest answer took."""
        return max(ended - began for began, ended, _ in self.seen)


@contextmanager
def asking(
    cluster: Cluster, namespace: str, image: str, url: str, per_second: float, *, node: str = ""
) -> Iterator[Asked]:
    """Have a client ask the Service at `url` so often while inside; what it saw is there afterwards.

    It is on the node `node`, or on any.
    """
    pod = ["exec", "--stdin", "client", f"--namespace={namespace}", "--"]
    _start_pod(cluster, namespace, image, node)
    command: Sequence[str | Path] = [
        cluster.binaries.program("kubectl"),
        "--kubeconfig",
        cluster.kubeconfig,
        *pod,
        *["python3", "-u", "-c", PROGRAM.read_text(), url, str(per_second)],
    ]
    asked = Asked()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asking\n"
        try:
            yield asked
        finally:
            said, _ = process.communicate("enough\n", timeout=120)
            asked.seen = [tuple(one) for one in json.loads(said)]
            cluster.kubectl(
                "delete", "pod", "client", f"--namespace={namespace}", "--grace-period=0", "--force"
            )


def _start_pod(cluster: Cluster, namespace: str, image: str, node: str) -> None:
    container = {
        "name": "client",
        "image": image,
        "command": ["sleep", "3600"],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "client", "namespace": namespace},
        "spec": {
            "containers": [container],
            "restartPolicy": "Never",
            **({"nodeName": node} if node else {}),
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        },
    }
    cluster.kubectl("apply", "--filename=-", given=yaml.safe_dump(pod))
    cluster.kubectl(
        "wait", "--for=condition=Ready", "pod/client", f"--namespace={namespace}", "--timeout=60s"
    )
