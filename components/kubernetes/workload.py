"""Declares a Deployment with what belongs to it: its budget of disruptions, and its autoscaler."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components.kubernetes.labels import Part
from components.kubernetes.pod import Manifest
from components.kubernetes.surroundings import FORCED, Surroundings

SETTLED = 300
"""Seconds for which the load must stay low before there are fewer pods: a model takes a while to load again."""


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """Pods of one kind: `name`, `template` and `selector` may be known during an update only.

    There are `replicas` of them, or up to `most` where that is not 0, as many as keep `metric` (see scaling) at its
    target. `ready_within` is a duration such as 30m. `one_name` says that `name` is the same for all: where only
    another Deployment will do, as after a rename of the stack, whose name is in the selector, the former has to go
    first.
    """

    part: Part
    name: pulumi.Input[str]
    template: pulumi.Input[Any]
    selector: pulumi.Input[Any]
    replicas: int
    most: int
    metric: Manifest
    ready_within: str
    one_name: bool
    surroundings: Surroundings


def declare_workload(
    name: str, args: WorkloadArgs, parent: pulumi.Resource, after: Sequence[pulumi.Resource] = ()
) -> Deployment:
    """Declare the Deployment, which is awaited, its PodDisruptionBudget and its HorizontalPodAutoscaler if any.

    Under another name it is another one, which is made before the former is deleted unless all have `one_name`.
    """
    metadata = args.surroundings.metadata(args.part, args.name)
    child = pulumi.ResourceOptions(parent=parent, delete_before_replace=False)
    deployment = Deployment(
        name,
        metadata=args.surroundings.metadata(args.part, args.name, annotations=FORCED),
        spec=_specification(args),
        opts=pulumi.ResourceOptions(
            parent=parent,
            delete_before_replace=args.one_name,
            # How many a Deployment begins with; then the autoscaler decides, where there is one.
            ignore_changes=["spec.replicas"] if args.most else None,
            depends_on=list(after),
            custom_timeouts=pulumi.CustomTimeouts(create=args.ready_within, update=args.ready_within),
        ),
    )
    PodDisruptionBudget(
        name,
        metadata=metadata,
        # One at a time may go, also the only one: a node can always be drained.
        spec={"maxUnavailable": 1, "selector": {"matchLabels": args.selector}},
        opts=child,
    )
    if args.most:
        HorizontalPodAutoscaler(name, metadata=metadata, spec=_scaling(args), opts=child)
    return deployment


def _specification(args: WorkloadArgs) -> Any:
    return {
        "replicas": args.replicas,
        "selector": {"matchLabels": args.selector},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        # Pulumi decides how long is too long, and says why.
        "progressDeadlineSeconds": 3600,
        "template": args.template,
    }


def _scaling(args: WorkloadArgs) -> Any:
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": args.name},
        "minReplicas": args.replicas,
        "maxReplicas": args.most,
        "metrics": [args.metric],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": SETTLED}},
    }
