"""Pods of a plain image that answer on a port, to see what a cluster itself does."""

import subprocess
from dataclasses import dataclass
from typing import Any

import yaml

from sandbox.docker.debian_images import BOOKWORM_SLIM
from sandbox.errors import SandboxError
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.images import push_as

ANSWERS = """
use IO::Socket::INET;
my $listener = IO::Socket::INET->new(Listen => 9, LocalPort => 8080, ReuseAddr => 1);
while (my $one = $listener->accept) {
    while (<$one>) { last if /^\\r?$/; }
    print $one "HTTP/1.0 200 OK\\r\\n\\r\\n$ENV{NODE}";
}
"""
"""A server that answers with the name of its node."""

ASK = "exec 3<>/dev/tcp/{}/80 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && tail -n 1 <&3"


@dataclass(frozen=True)
class Answering:
    """A Deployment and a Service of one name, in a namespace of a cluster."""

    cluster: Cluster
    name: str
    namespace: str = "default"

    def declare(self, *, replicas: int) -> None:
        """Declare them, and wait until all of them answer."""
        push_as(BOOKWORM_SLIM, f"{self.cluster.registry}/answering:1", self.cluster.folder / "log")
        self.cluster.kubectl("apply", "--filename=-", given=yaml.safe_dump_all(self._objects(replicas)))
        self.cluster.kubectl(
            "rollout", "status", f"deployment/{self.name}", f"--namespace={self.namespace}", "--timeout=120s"
        )

    def nodes(self) -> list[str]:
        """Return the nodes of the pods that answer."""
        pods = self.cluster.get("pods", f"--selector=app={self.name}", f"--namespace={self.namespace}")
        return [
            pod["spec"]["nodeName"]
            for pod in pods["items"]
            for condition in pod["status"].get("conditions", ())
            if condition["type"] == "Ready" and condition["status"] == "True"
        ]

    def asks(self, other: str) -> str | None:
        """Return which node answers a pod of this one that asks the Service `other`, None for silence."""
        where = ["exec", f"deployment/{self.name}", f"--namespace={self.namespace}", "--"]
        try:
            return self.cluster.kubectl(*where, "timeout", "5", "bash", "-c", ASK.format(other)).strip()
        except (SandboxError, subprocess.TimeoutExpired):
            return None

    def _objects(self, replicas: int) -> list[dict[str, Any]]:
        labels = {"app": self.name}
        place = {"name": self.name, "namespace": self.namespace}
        container = {
            "name": "answers",
            "image": "registry.invalid/answering:1",
            "command": ["perl", "-e", ANSWERS],
            "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            "readinessProbe": {"httpGet": {"port": 8080}, "periodSeconds": 1},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        }
        pod = {
            "containers": [container],
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "tolerations": [
                {"key": f"node.kubernetes.io/{why}", "effect": "NoExecute", "tolerationSeconds": 2}
                for why in ("not-ready", "unreachable")
            ],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": labels},
                }
            ],
        }
        return [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": place,
                "spec": {
                    "replicas": replicas,
                    "selector": {"matchLabels": labels},
                    "template": {"metadata": {"labels": labels}, "spec": pod},
                },
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": place,
                "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
            },
        ]
