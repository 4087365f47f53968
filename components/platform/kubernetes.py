"""Kubernetes."""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.kubernetes.elasticsearch.component import ClusterElasticsearch, ClusterElasticsearchArgs
from components.kubernetes.gateway import KubernetesGateway, KubernetesGatewayArgs
from components.kubernetes.identity import StackCluster, StackClusterArgs
from components.kubernetes.images import ClusterImages, ClusterImagesArgs
from components.kubernetes.labels import instance, stack_labels
from components.kubernetes.namespace import StackNamespace, StackNamespaceArgs
from components.kubernetes.network_policy import NetworkPolicies, NetworkPoliciesArgs
from components.kubernetes.pod import KEY
from components.kubernetes.servers import KubernetesServers, KubernetesServersArgs
from components.kubernetes.surroundings import Surroundings
from components.kubernetes.ways_in import WaysIn, WaysInArgs
from components.model.pinned import ModelPin, ModelPinArgs
from components.platform.interface import Image, Model
from components.program.declaration import cluster_environment
from components.server.container import MODELS
from components.settings import Settings


class KubernetesPlatform:
    """The parts of a stack as objects in one namespace of a cluster; see Platform."""

    image: Image

    def __init__(self, settings: Settings, stack: str, stack_id: pulumi.Input[str]) -> None:
        self._settings, self._stack_id = settings, stack_id
        self.engine_id = pulumi.Output.from_input("")
        self.namespace = settings.kubernetes.namespace or instance(stack)
        self._surroundings = Surroundings(
            namespace=self.namespace,
            context=settings.kubernetes.context,
            labels=stack_labels(stack),
            environment=cluster_environment(settings.kubernetes, self.namespace),
            pull_secrets=settings.image.pull_secrets,
        )
        self._cluster = StackCluster(
            "kubernetes",
            StackClusterArgs(surroundings=self._surroundings, keeps_data=settings.elasticsearch.managed),
        )
        before: list[pulumi.Resource] = [self._cluster]
        if not settings.kubernetes.namespace:
            args = StackNamespaceArgs(cluster_uid=self._cluster.cluster_uid, surroundings=self._surroundings)
            before.append(
                StackNamespace("namespace", args, pulumi.ResourceOptions(depends_on=[self._cluster]))
            )
        self._inside = pulumi.ResourceOptions(depends_on=before)
        self._key_secret = self._declare_key()
        images = ClusterImages(
            "images",
            ClusterImagesArgs(
                owner=stack_id, device=settings.device, engine=settings.engine, settings=settings.image
            ),
        )
        self.image, self._gateway_image = images, images.gateway
        # What no document depends on, and which another cluster may have under the same names.
        self._beside: list[pulumi.Resource] = []
        if settings.kubernetes.network_policies:
            policies_args = NetworkPoliciesArgs(settings=settings, surroundings=self._surroundings)
            self._beside.append(NetworkPolicies("network-policies", policies_args, self._inside))

    def model(self) -> ModelPin:
        """Declare which file the pods get."""
        return ModelPin("model", ModelPinArgs(folder=MODELS, settings=self._settings.model))

    def elasticsearch(self) -> ClusterElasticsearch:
        """Declare the node's StatefulSet, unless the settings name a cluster."""
        return ClusterElasticsearch(
            "elasticsearch",
            ClusterElasticsearchArgs(
                owner=self._stack_id,
                cluster_uid=self._cluster.cluster_uid,
                surroundings=self._surroundings,
                kubernetes=self._settings.kubernetes,
                settings=self._settings.elasticsearch,
            ),
            self._inside,
        )

    def gateway(self) -> KubernetesGateway:
        """Declare the gateways, their Services, and the ways in from outside of the cluster."""
        self._gateway = KubernetesGateway(
            "gateway",
            KubernetesGatewayArgs(
                settings=self._settings,
                image=self._gateway_image,
                key_secret=self._key_secret,
                surroundings=self._surroundings,
            ),
            self._inside,
        )
        ways_in = WaysInArgs(settings=self._settings, surroundings=self._surroundings)
        self._beside.append(WaysIn("ways-in", ways_in, self._inside))
        return self._gateway

    def servers(self, model: Model, after: Sequence[pulumi.Resource]) -> KubernetesServers:
        """Declare the servers' Deployments."""
        return KubernetesServers(
            "llama-server",
            KubernetesServersArgs(
                settings=self._settings,
                image=self.image,
                gateway_image=self._gateway_image,
                model=model,
                key_secret=self._key_secret,
                gateway=self._gateway,
                surroundings=self._surroundings,
            ),
            pulumi.ResourceOptions.merge(self._inside, pulumi.ResourceOptions(depends_on=list(after))),
        )

    def guard(self, after: Sequence[pulumi.Resource]) -> None:
        """Refuse a destruction in another cluster."""
        self._cluster.guard("kubernetes-guard", after=[*after, *self._beside])

    def _declare_key(self) -> pulumi.Input[str]:
        """Declare the Secret with the API key; another key is another Secret, so pods take it up anew."""
        if not self._settings.server.api_key:
            return ""
        secret = Secret(
            "llama-server-key",
            metadata=self._surroundings.metadata("llama-server"),
            immutable=True,
            string_data={KEY: pulumi.Output.secret(self._settings.server.api_key)},
            opts=self._inside,
        )
        return secret.metadata.apply(lambda made: str(made.name))
