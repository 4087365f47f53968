"""The settings of the Kubernetes platform as typed values. Names, defaults and meanings are in Pulumi.yaml."""

from dataclasses import dataclass
from typing import Literal

from components.settings.kinds import LABEL, OBJECT, boolean, choice, integer, required_text, text, texts
from components.settings.setting import setting

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]
ScaleBy = Literal["cpu", "requests"]
"""What servers are scaled by: their own CPUs, or the requests that gateways have in flight for them."""

_LABEL_MEANING = "up to 63 lower-case letters, digits and dashes, as Kubernetes has them (RFC 1123)"
_HOST = rf"{LABEL}(\.{LABEL})*"
_QUANTITY = r"[1-9]\d*(Mi|Gi|Ti|M|G|T)"
_QUANTITY_MEANING = "a quantity of Kubernetes such as 10Gi"

NAME = text(*OBJECT)
REPLICAS = integer(1, 1000)
MOST_REPLICAS = integer(0, 1000)


@dataclass(frozen=True, kw_only=True)
class KubernetesSettings:
    """What a stack on Kubernetes can set.

    `context` is set for Pulumi's Kubernetes provider, and empty for kubectl's own. `max_replicas` and its like are 0
    where nothing scales. `cpu_request` is in CPUs, for the lane with the most shares. Lists of pairs are as somebody
    wrote them, KEY=VALUE or KEY=VALUE:EFFECT.
    """

    context: str = ""
    namespace: str = setting("kubernetesNamespace", text(LABEL, _LABEL_MEANING))
    replicas: int = setting("kubernetesReplicas", REPLICAS)
    query_replicas: int = setting("kubernetesQueryReplicas", REPLICAS)
    gateway_replicas: int = setting("kubernetesGatewayReplicas", REPLICAS)
    max_replicas: int = setting("kubernetesMaxReplicas", MOST_REPLICAS)
    query_max_replicas: int = setting("kubernetesQueryMaxReplicas", MOST_REPLICAS)
    gateway_max_replicas: int = setting("kubernetesGatewayMaxReplicas", MOST_REPLICAS)
    scale_by: ScaleBy = setting("kubernetesScaleBy", choice("cpu", "requests"))
    cpu_request: str = setting(
        "kubernetesCpuRequest",
        required_text(r"(?=.*[1-9])\d+(\.\d{1,3})?", "a number of CPUs such as 1 or 0.5"),
    )
    service_type: ServiceType = setting(
        "kubernetesServiceType", choice("ClusterIP", "NodePort", "LoadBalancer")
    )
    ingress_host: str = setting("kubernetesIngressHost", text(_HOST, "a host name such as search.example"))
    ingress_class: str = setting("kubernetesIngressClass", NAME)
    tls_secret: str = setting("kubernetesTlsSecret", NAME)
    gateway_api: str = setting(
        "kubernetesGateway", text(rf"{LABEL}/{_HOST}", "NAMESPACE/NAME of a Gateway in the cluster")
    )
    client_namespaces: tuple[str, ...] = setting("kubernetesClientNamespaces", texts)
    network_policies: bool = setting("kubernetesNetworkPolicies", boolean)
    model_claim: str = setting("kubernetesModelClaim", NAME)
    model_storage: str = setting("kubernetesModelStorage", required_text(_QUANTITY, _QUANTITY_MEANING))
    storage_class: str = setting("kubernetesStorageClass", NAME)
    elasticsearch_storage: str = setting(
        "kubernetesElasticsearchStorage", required_text(_QUANTITY, _QUANTITY_MEANING)
    )
    gpu_resource: str = setting(
        "kubernetesGpuResource", required_text(rf"{_HOST}/[\w.-]+", "the name of a resource of nodes")
    )
    runtime_class: str = setting("kubernetesRuntimeClass", NAME)
    node_selector: tuple[str, ...] = setting("kubernetesNodeSelector", texts)
    tolerations: tuple[str, ...] = setting("kubernetesTolerations", texts)
