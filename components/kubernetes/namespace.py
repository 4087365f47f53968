"""Declares the namespace of a stack."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.kubernetes.surroundings import Surroundings
from components.program.declaration import run_at_deletion

POD_SECURITY = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels by which the cluster refuses pods in a namespace that could do more than ours need."""


@dataclass(frozen=True, kw_only=True)
class StackNamespaceArgs:
    """Its name is that of the surroundings; `cluster_uid` is what its cluster is known by."""

    cluster_uid: pulumi.Input[str]
    surroundings: Surroundings


class StackNamespace(pulumi.ComponentResource):
    """A namespace of the stack's own.

    With a namespace go the claims in it, and with them people's documents. So Pulumi never deletes it: a program does
    at the end of a destroy, when no claim is left.
    """

    def __init__(
        self, name: str, args: StackNamespaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:Namespace", name, None, opts)
        surroundings = args.surroundings
        namespace = Namespace(
            name,
            metadata=ObjectMetaArgs(
                name=surroundings.namespace, labels={**surroundings.labels, **POD_SECURITY}
            ),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True, delete_before_replace=False),
        )
        run_at_deletion(
            f"{name}-removal",
            "cluster_namespace_removal",
            environment={**surroundings.environment, "NAMESPACE_REMOVAL_CLUSTER_UID": args.cluster_uid},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )
        self.register_outputs({})
