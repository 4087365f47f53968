"""Declares the servers of a lane in a cluster, and then has the gateways ask them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_command as command
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service

from components.kubernetes.gateway import KubernetesGateway
from components.kubernetes.labels import INSTANCE, LANE, NAME
from components.kubernetes.model_volume import ModelSource
from components.kubernetes.scaling import of_servers
from components.kubernetes.server_pod import CONTAINER, Revision, ServerPod, revision
from components.kubernetes.surroundings import NOT_AWAITED, Surroundings
from components.kubernetes.workload import WorkloadArgs, declare_workload
from components.platform.interface import Image, Model
from components.program.declaration import run_program
from components.server.container import PORT
from components.settings import Settings
from components.settings.lanes import LaneSettings

READY_WITHIN = "60m"
"""How long the first pods may take: they fetch image and model."""


@dataclass(frozen=True, kw_only=True)
class KubernetesLaneArgs:
    """What a lane's servers are made from; `claim` has the model file, and is empty where pods fetch it.

    `key_secret` is the name of the Secret with the API key, and empty without one.
    """

    settings: Settings
    lane: LaneSettings
    image: Image
    gateway_image: pulumi.Input[str]
    model: Model
    claim: pulumi.Input[str]
    key_secret: pulumi.Input[str]
    gateway: KubernetesGateway
    surroundings: Surroundings


class KubernetesLane(pulumi.ComponentResource):
    """The servers of a lane behind a Service of their own.

    Any change of what a pod runs makes another Deployment and another Service beside those that serve. When its pods
    have embedded a text, the gateways move to it, all as one; the former ones go at the end of the update. `name` is
    the Deployment's, and `checked` resolves, to what was seen, once an embedding is right where people ask for it.
    """

    name: pulumi.Output[str]
    checked: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: KubernetesLaneArgs,
        opts: pulumi.ResourceOptions,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("jina:kubernetes:Lane", name, None, opts)
        self._args = args
        made = _revision(args)
        self.name = made.apply(lambda one: f"{name}-{one.digest}")
        deployment = self._deployment(name, made, after)
        service = self._service(name, made)
        moved = self._traffic(name, after=[deployment, service])
        served = self._check(name, after=moved)
        # Secret only because the check is given the API key: what it says of the server is not.
        self.checked = pulumi.Output.unsecret(served.stdout)
        self.register_outputs({"name": self.name, "checked": self.checked})

    def _deployment(
        self, name: str, made: pulumi.Output[Revision], after: Sequence[pulumi.Resource]
    ) -> Deployment:
        kubernetes, queries = self._args.settings.kubernetes, self._args.lane.name == "queries"
        workload = WorkloadArgs(
            part=CONTAINER,
            name=self.name,
            template=made.apply(_template),
            selector=made.apply(_selector),
            replicas=kubernetes.query_replicas if queries else kubernetes.replicas,
            most=kubernetes.query_max_replicas if queries else kubernetes.max_replicas,
            metric=of_servers(self._args.settings, self._args.lane),
            ready_within=READY_WITHIN,
            one_name=False,
            surroundings=self._args.surroundings,
        )
        return declare_workload(name, workload, self, after)

    def _service(self, name: str, made: pulumi.Output[Revision]) -> Service:
        spec: Any = {
            "selector": made.apply(_selector),
            "ports": [{"name": "http", "port": PORT, "targetPort": "http"}],
        }
        return Service(
            name,
            metadata=self._args.surroundings.metadata(CONTAINER, self.name, annotations=NOT_AWAITED),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )

    def _traffic(self, name: str, after: Sequence[pulumi.Resource]) -> command.local.Command:
        args, surroundings = self._args, self._args.surroundings
        server = pulumi.Output.format("{0}.{1}.svc:{2}", self.name, surroundings.namespace, PORT)
        return run_program(
            f"{name}-traffic",
            "cluster_traffic",
            environment={
                **surroundings.environment,
                "TRAFFIC_INSTANCE": surroundings.labels[INSTANCE],
                "TRAFFIC_CONFIG_MAP": args.gateway.lanes_name,
                "TRAFFIC_LANES": ",".join(args.lane.answers),
                "TRAFFIC_SERVER": server,
                "TRAFFIC_CONTEXT": str(args.lane.context_size),
            },
            triggers=[args.gateway.lanes_uid],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*after, args.gateway]),
        )

    def _check(self, name: str, after: pulumi.Resource) -> command.local.Command:
        args, surroundings = self._args, self._args.surroundings
        gateway = args.gateway
        queries = args.lane.name == "queries"
        selector = {NAME: CONTAINER, INSTANCE: surroundings.labels[INSTANCE], LANE: args.lane.name}
        return run_program(
            f"{name}-served",
            "cluster_embedding_check",
            environment={
                **surroundings.environment,
                "EMBEDDING_CHECK_URL": gateway.service_url("query" if queries else "document"),
                "EMBEDDING_CHECK_MODEL": args.settings.model.name,
                "EMBEDDING_CHECK_WIDTH": str(args.settings.model.dimensions),
                "EMBEDDING_CHECK_API_KEY": pulumi.Output.secret(args.settings.server.api_key),
                "EMBEDDING_CHECK_SELECTOR": ",".join(f"{key}={value}" for key, value in selector.items()),
            },
            triggers=[self.name, gateway.generation],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )


def _revision(args: KubernetesLaneArgs) -> pulumi.Output[Revision]:
    known = pulumi.Output.all(
        image=args.image.image_id,
        gateway_image=args.gateway_image,
        commit=args.model.revision,
        sha256=args.model.sha256,
        claim=args.claim,
        key_secret=args.key_secret,
    )

    def build(values: dict[str, Any]) -> Revision:
        return revision(
            ServerPod(
                image=values["image"],
                labels=args.surroundings.labels,
                pull_secrets=args.surroundings.pull_secrets,
                settings=args.settings,
                lane=args.lane,
                model=ModelSource(
                    image=values["gateway_image"],
                    settings=args.settings.model,
                    commit=values["commit"],
                    sha256=values["sha256"],
                    claim=values["claim"],
                ),
                key_secret=values["key_secret"],
            )
        )

    return known.apply(build)


def _template(made: Revision) -> Any:
    return made.template


def _selector(made: Revision) -> Any:
    return made.selector
