"""What every object of a stack in a cluster has in common."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.kubernetes.labels import NAME, Part

NOT_AWAITED = {"pulumi.com/skipAwait": "true"}
"""Has the provider not wait: for a Service it would for ten seconds, and its pods are awaited anyway."""

FORCED = {"pulumi.com/patchForce": "true"}
"""Has an update take back what somebody changed by hand, as by `kubectl scale`; it would end with a conflict.

Only for what can't be taken from another stack so: the selector of a Deployment has the stack's name in it, and the
cluster lets nobody change it; a node begins only where nothing else uses its claims (cluster_claim_check). The provider
changes an object of the same name that is there, instead of refusing.
"""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where the objects of a stack are.

    `labels` are those of all of them, `environment` is that by which programs reach the cluster, `context` kubectl's
    where one is set, and `pull_secrets` name the Secrets by which nodes pull the images.
    """

    namespace: str
    context: str
    labels: Mapping[str, str]
    environment: Mapping[str, pulumi.Input[str]]
    pull_secrets: tuple[str, ...]

    def metadata(
        self,
        part: Part,
        name: pulumi.Input[str] | None = None,
        *,
        annotations: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> ObjectMetaArgs:
        """Return the metadata of an object; without a name it gets its resource's, with random characters."""
        return ObjectMetaArgs(
            name=name,
            namespace=self.namespace,
            labels={**self.labels, NAME: part},
            annotations=annotations,
        )
