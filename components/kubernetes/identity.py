"""Declares which cluster a stack lives in."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.kubernetes.dynamic.cluster_identity import ClusterIdentityResource
from components.kubernetes.surroundings import Surroundings
from components.program.declaration import run_at_deletion


@dataclass(frozen=True, kw_only=True)
class StackClusterArgs:
    """How the cluster is reached; `keeps_data` says that the stack runs Elasticsearch there itself."""

    surroundings: Surroundings
    keeps_data: bool


class StackCluster(pulumi.ComponentResource):
    """The cluster that the stack was made in; whatever is in it depends on this, and so never goes to another.

    `guard` stands before a destruction. `cluster_uid` is what the cluster is known by.
    """

    cluster_uid: pulumi.Output[str]

    def __init__(self, name: str, args: StackClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:kubernetes:StackCluster", name, None, opts)
        self._environment = args.surroundings.environment
        inputs = {
            "environment": dict(self._environment),
            "namespace": args.surroundings.namespace,
            "keeps_data": args.keeps_data,
            "preview": pulumi.runtime.is_dry_run(),
        }
        self._identity = ClusterIdentityResource(name, inputs, pulumi.ResourceOptions(parent=self))
        self.cluster_uid = self._identity.cluster_uid
        self.register_outputs({"cluster_uid": self.cluster_uid})

    def guard(self, name: str, after: Sequence[pulumi.Resource]) -> None:
        """Refuse a destruction in another cluster before any of it: `after` is what nothing else depends on."""
        run_at_deletion(
            name,
            "cluster_check",
            environment={**self._environment, "CLUSTER_CHECK_UID": self.cluster_uid},
            # No child of this: what depends on the cluster would depend on what depends on all of it.
            opts=pulumi.ResourceOptions(depends_on=list(after)),
        )
