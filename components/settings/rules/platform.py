"""Rules about the platform: a setting that means nothing on it is refused by name, and what it needs is asked for."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from components.settings.kinds import LABEL, OBJECT
from components.settings.reader import SettingsReader
from components.settings.schema import Platform, Settings

ONLY_ON: Mapping[Platform, Mapping[str, str]] = {
    "docker": {
        "dockerEngine": "",
        "modelsDirectory": "models",
        "modelKeepFiles": "true",
        "serverAddress": "127.0.0.1",
        "elasticsearchPort": "9200",
        "elasticsearchVolume": "",
    },
    "kubernetes": {
        "modelHubEndpoint": "",
        "modelTokenSecret": "",
        "gatewayImagePrebuilt": "",
        "imageRegistry": "",
        "imagePullSecrets": "[]",
        "kubernetesNamespace": "",
        "kubernetesReplicas": "1",
        "kubernetesQueryReplicas": "1",
        "kubernetesGatewayReplicas": "2",
        "kubernetesMaxReplicas": "0",
        "kubernetesQueryMaxReplicas": "0",
        "kubernetesGatewayMaxReplicas": "0",
        "kubernetesScaleBy": "cpu",
        "kubernetesCpuRequest": "1",
        "kubernetesServiceType": "ClusterIP",
        "kubernetesIngressHost": "",
        "kubernetesIngressClass": "",
        "kubernetesTlsSecret": "",
        "kubernetesGateway": "",
        "kubernetesClientNamespaces": "[]",
        "kubernetesNetworkPolicies": "true",
        "kubernetesModelClaim": "",
        "kubernetesModelStorage": "2Gi",
        "kubernetesStorageClass": "",
        "kubernetesElasticsearchStorage": "10Gi",
        "kubernetesGpuResource": "nvidia.com/gpu",
        "kubernetesRuntimeClass": "",
        "kubernetesNodeSelector": "[]",
        "kubernetesTolerations": "[]",
    },
}
"""The settings that mean something on one platform only, with their defaults."""

DELIVERIES: Mapping[Platform, tuple[str, ...]] = {
    "docker": ("mount", "volume"),
    "kubernetes": ("fetch", "claim"),
}

_PAIR = r"[A-Za-z0-9]([\w./-]*[A-Za-z0-9])?"
_NODE_LABEL = rf"{_PAIR}=({_PAIR})?"
_TOLERATION = rf"{_PAIR}(=({_PAIR})?)?:(NoSchedule|PreferNoSchedule|NoExecute)"


def check_platform(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every setting that the stack's platform can't have, and what it lacks."""
    for platform, defaults in ONLY_ON.items():
        for key, default in defaults.items():
            value = reader.value(key) or default
            reader.require(
                platform == settings.platform or value == default,
                f"{key} is set, but means nothing on the platform {settings.platform}: take it back with `pulumi "
                f"config rm {key}`, or set platform to {platform}.",
                key,
                "platform",
            )
    allowed = DELIVERIES[settings.platform]
    reader.require(
        settings.model.delivery in allowed,
        f"modelDelivery is {settings.model.delivery}, which the platform {settings.platform} has not: it must be "
        f"{' or '.join(allowed)} (`pulumi config set modelDelivery {allowed[0]}`).",
        "modelDelivery",
        "platform",
    )
    if settings.platform == "kubernetes":
        _check_hub(reader, settings)
        _check_images(reader, settings)
        _check_ways_in(reader, settings)
        _check_replicas(reader, settings)
        _check_nodes(reader, settings)


def _check_hub(reader: SettingsReader, settings: Settings) -> None:
    endpoint = urlsplit(settings.model.hub_endpoint)
    reader.require(
        "@" not in endpoint.netloc,
        "modelHubEndpoint has a user or token in it, which would be in clear in the pods' specification: use the "
        "address without it, and modelTokenSecret for a token.",
        "modelHubEndpoint",
    )


def _check_images(reader: SettingsReader, settings: Settings) -> None:
    image = settings.image
    built = [
        name
        for name, prebuilt in (
            ("imagePrebuilt", image.prebuilt),
            ("gatewayImagePrebuilt", image.gateway_prebuilt),
        )
        if not prebuilt
    ]
    reader.require(
        bool(image.registry) or not built,
        "imageRegistry is empty, and a cluster's nodes pull images from a registry: set it to the one to which built "
        f"images are pushed (`pulumi config set imageRegistry registry.example/team`), or set {' and '.join(built)} "
        "to images that are there already.",
        "imageRegistry",
        "imagePrebuilt",
        "gatewayImagePrebuilt",
    )


def _check_ways_in(reader: SettingsReader, settings: Settings) -> None:
    kubernetes, key = settings.kubernetes, settings.server.api_key
    for name, value, opens in (
        ("kubernetesServiceType", kubernetes.service_type, kubernetes.service_type != "ClusterIP"),
        ("kubernetesIngressHost", kubernetes.ingress_host, bool(kubernetes.ingress_host)),
    ):
        reader.require(
            bool(key) or not opens,
            f"{name} is {value}, so others than the cluster's pods may reach the gateway: set serverApiKey too "
            f"(`pulumi config set --secret serverApiKey`), or take it back with `pulumi config rm {name}`.",
            name,
            "serverApiKey",
        )
    for name, value in (
        ("kubernetesIngressClass", kubernetes.ingress_class),
        ("kubernetesTlsSecret", kubernetes.tls_secret),
        ("kubernetesGateway", kubernetes.gateway_api),
    ):
        reader.require(
            bool(kubernetes.ingress_host) or not value,
            f"{name} is {value}, but kubernetesIngressHost is empty: set the host name that leads to the gateway.",
            name,
            "kubernetesIngressHost",
        )
    for name, value in (
        ("kubernetesIngressClass", kubernetes.ingress_class),
        ("kubernetesTlsSecret", kubernetes.tls_secret),
    ):
        reader.require(
            not kubernetes.gateway_api or not value,
            f"{name} is {value}, and belongs to an Ingress, but kubernetesGateway is set, whose Gateway has class and "
            f"certificate of its own: take one of the two back.",
            name,
            "kubernetesGateway",
        )


def _check_replicas(reader: SettingsReader, settings: Settings) -> None:
    kubernetes = settings.kubernetes
    for least, most, fewest, highest in (
        ("kubernetesReplicas", "kubernetesMaxReplicas", kubernetes.replicas, kubernetes.max_replicas),
        (
            "kubernetesQueryReplicas",
            "kubernetesQueryMaxReplicas",
            kubernetes.query_replicas,
            kubernetes.query_max_replicas,
        ),
        (
            "kubernetesGatewayReplicas",
            "kubernetesGatewayMaxReplicas",
            kubernetes.gateway_replicas,
            kubernetes.gateway_max_replicas,
        ),
    ):
        reader.require(
            not highest or highest >= fewest,
            f"{most} is {highest} and {least} {fewest}: the most can't be fewer than the least. Raise {most}, or set "
            "it to 0, which scales nothing.",
            least,
            most,
        )
    alone = settings.server.lanes == 1
    for name, value, default in (
        ("kubernetesQueryReplicas", kubernetes.query_replicas, 1),
        ("kubernetesQueryMaxReplicas", kubernetes.query_max_replicas, 0),
    ):
        reader.require(
            not alone or value == default,
            f"{name} is {value}, but serverLanes is 1, where no server is for queries alone: set kubernetesReplicas.",
            name,
            "serverLanes",
        )


def _check_nodes(reader: SettingsReader, settings: Settings) -> None:
    kubernetes = settings.kubernetes
    for key, values, pattern, meaning in (
        ("kubernetesNodeSelector", kubernetes.node_selector, _NODE_LABEL, "KEY=VALUE"),
        ("kubernetesTolerations", kubernetes.tolerations, _TOLERATION, "KEY=VALUE:EFFECT or KEY:EFFECT"),
        # A policy that names none that can be there lets nobody in, and pods with such a Secret pull without it.
        ("kubernetesClientNamespaces", kubernetes.client_namespaces, LABEL, "the name of a namespace"),
        ("imagePullSecrets", settings.image.pull_secrets, OBJECT[0], "the name of a Secret in the namespace"),
    ):
        wrong = [one for one in values if not re.fullmatch(pattern, one)]
        reader.require(not wrong, f"{key} has {', '.join(wrong)}: each must be {meaning}.", key)
    gpus = settings.server.gpus
    reader.require(
        settings.device == "cpu" or gpus == "all" or gpus.isdigit(),
        f"serverGpus is {gpus}: in a cluster GPUs are asked for by their number, so it must be a count; all is 1.",
        "serverGpus",
    )
    reader.require(
        not kubernetes.model_claim or settings.model.delivery == "claim",
        f"kubernetesModelClaim is {kubernetes.model_claim}, but modelDelivery is {settings.model.delivery}: set that "
        "to claim (`pulumi config set modelDelivery claim`).",
        "kubernetesModelClaim",
        "modelDelivery",
    )
