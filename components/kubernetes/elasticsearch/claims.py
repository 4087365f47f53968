"""Declares the claims of the stack's own node, which hold data that nothing can make again."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpecArgs,
    VolumeResourceRequirementsArgs,
)

from components.kubernetes.surroundings import NOT_AWAITED, Surroundings
from components.program.declaration import run_at_deletion
from components.settings import KubernetesSettings

ANNOTATIONS = {
    # Many classes bind a claim only when a pod wants it, and the pod comes after it.
    **NOT_AWAITED,
    # A claim that an earlier stack left is taken, with another size where that is set.
    "pulumi.com/patchForce": "true",
}


@dataclass(frozen=True, kw_only=True)
class ClaimArgs:
    """A claim: its name, the `setting` by which its content is given up, and whether it is: `deleted`.

    `cluster_uid` is what the cluster is known by.
    """

    name: str
    cluster_uid: pulumi.Input[str]
    surroundings: Surroundings
    settings: KubernetesSettings
    setting: str
    deleted: bool


class RetainedClaim(pulumi.ComponentResource):
    """A claim that outlives the stack and whatever uses it, unless its content was given up.

    Pulumi never deletes it, whichever way its resource goes: a program does when the stack is destroyed, after
    everything that depends on this component. Another size changes it in place, where its class can; its class stays.
    """

    claim_name: pulumi.Output[str]

    def __init__(self, name: str, args: ClaimArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:kubernetes:RetainedClaim", name, None, opts)
        claim = PersistentVolumeClaim(
            name,
            metadata=args.surroundings.metadata("elasticsearch", args.name, annotations=ANNOTATIONS),
            spec=PersistentVolumeClaimSpecArgs(
                # Of one node, and not of one pod alone, which not every driver can tell apart.
                access_modes=["ReadWriteOnce"],
                storage_class_name=args.settings.storage_class or None,
                resources=VolumeResourceRequirementsArgs(
                    requests={"storage": args.settings.elasticsearch_storage}
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                retain_on_delete=True,
                delete_before_replace=False,
                ignore_changes=["spec.storageClassName"],
            ),
        )
        self.claim_name = claim.metadata.apply(lambda made: str(made.name))
        run_at_deletion(
            f"{name}-removal",
            "cluster_claim_removal",
            environment={
                **args.surroundings.environment,
                "CLAIM_REMOVAL_CLUSTER_UID": args.cluster_uid,
                "CLAIM_REMOVAL_CLAIM": self.claim_name,
                "CLAIM_REMOVAL_SETTING": args.setting,
                "CLAIM_REMOVAL_GIVEN_UP": "true" if args.deleted else "false",
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"claim_name": self.claim_name})
