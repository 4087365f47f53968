"""Declares the gateways in a cluster: one address, and the lanes behind it."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Service

from components.kubernetes import lane_record
from components.kubernetes.address import ServiceAddress
from components.kubernetes.gateway_pod import BUSY_CPUS, CONTAINER, GatewayPod, template
from components.kubernetes.labels import selected
from components.kubernetes.scaling import by_cpu
from components.kubernetes.surroundings import NOT_AWAITED, Surroundings
from components.kubernetes.workload import WorkloadArgs, declare_workload
from components.platform.interface import Gateway
from components.server.container import ALIAS, QUERIES_ALIAS
from components.settings import Settings

READY_WITHIN = "15m"
"""How long the first pods may take: they fetch the image."""


@dataclass(frozen=True, kw_only=True)
class KubernetesGatewayArgs:
    """What the gateways are made from; `key_secret` is the name of the Secret with the API key, empty without one."""

    settings: Settings
    image: pulumi.Input[str]
    key_secret: pulumi.Input[str]
    surroundings: Surroundings


class KubernetesGateway(Gateway):
    """The gateways behind two Services, of which one is for queries.

    `lanes_name` and `lanes_uid` are name and identity of the ConfigMap that tells a gateway at its start which servers
    to ask. The program that moves the lanes writes it, and Pulumi never does: else a gateway that starts in between
    would ask other servers than the rest. `generation` changes whenever other gateways take over.
    """

    lanes_name: pulumi.Output[str]
    lanes_uid: pulumi.Output[str]
    generation: pulumi.Output[str]

    def __init__(
        self, name: str, args: KubernetesGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:Gateway", name, None, opts)
        self._surroundings, self._port = args.surroundings, args.settings.server.port
        self._set_addresses()
        lanes = ConfigMap(
            name,
            metadata=args.surroundings.metadata(CONTAINER, "gateway-lanes"),
            data={lane_record.KEY: "{}"},
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["data"]),
        )
        self.lanes_name = lanes.metadata.apply(lambda made: str(made.name))
        self.lanes_uid = lanes.metadata.apply(lambda made: str(made.uid))
        self.generation = self._deployment(name, args)
        for service, kind in ((ALIAS, args.settings.kubernetes.service_type), (QUERIES_ALIAS, "ClusterIP")):
            self._service(service, kind)
        self.register_outputs({"url": self.url, "embeddings_url": self.embeddings_url})

    def service_url(self, role: str) -> str:
        """Return where this machine reaches, through the Service, the embeddings of a role, query or document."""
        return f"{self.url}/{role}/v1/embeddings"

    def _set_addresses(self) -> None:
        inside = self._surroundings.namespace
        self.url = ServiceAddress(
            namespace=inside, service=ALIAS, port=self._port, context=self._surroundings.context
        ).url
        self.embeddings_url = f"{self.url}/v1/embeddings"
        self.query_embeddings_url = self.service_url("query")
        self.document_embeddings_url = self.service_url("document")
        self.network_embeddings_url = f"http://{ALIAS}.{inside}.svc:{self._port}/v1/embeddings"
        self.network_query_embeddings_url = (
            f"http://{QUERIES_ALIAS}.{inside}.svc:{self._port}/query/v1/embeddings"
        )
        # Another Elasticsearch is taken to be in this cluster too; one that is not needs a way in, and its address.
        self.outside_embeddings_url = self.network_embeddings_url
        self.outside_query_embeddings_url = self.network_query_embeddings_url

    def _deployment(self, name: str, args: KubernetesGatewayArgs) -> pulumi.Output[str]:
        kubernetes, labels = args.settings.kubernetes, args.surroundings.labels
        known = pulumi.Output.all(image=args.image, config_map=self.lanes_name, key_secret=args.key_secret)

        def build(values: dict[str, Any]) -> Any:
            return template(
                GatewayPod(
                    labels=labels,
                    pull_secrets=args.surroundings.pull_secrets,
                    settings=args.settings,
                    **values,
                )
            )

        workload = WorkloadArgs(
            part=CONTAINER,
            name="gateway",
            template=known.apply(build),
            selector=selected(labels, CONTAINER),
            replicas=kubernetes.gateway_replicas,
            most=kubernetes.gateway_max_replicas,
            metric=by_cpu(BUSY_CPUS),
            ready_within=READY_WITHIN,
            one_name=True,
            surroundings=args.surroundings,
        )
        made = declare_workload(name, workload, self)
        return made.metadata.apply(lambda one: f"{one.uid}/{one.generation}")

    def _service(self, service: str, kind: str) -> None:
        spec: Any = {
            "type": kind,
            "selector": selected(self._surroundings.labels, CONTAINER),
            "ports": [{"name": "http", "port": self._port, "targetPort": "http"}],
        }
        Service(
            service,
            metadata=self._surroundings.metadata(CONTAINER, service, annotations=NOT_AWAITED),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self),
        )
