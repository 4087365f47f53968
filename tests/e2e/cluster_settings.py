"""Settings that mean nothing on Docker, and the files that hold the proof of each."""


def _in_a_cluster(file: str, *keys: str) -> dict[str, tuple[str, str]]:
    """Return settings that mean nothing on Docker."""
    return dict.fromkeys(keys, (file, "what a cluster is asked for; clusters run it in tests/kubernetes"))


IN_A_CLUSTER = {
    **_in_a_cluster(
        "tests/unit/kubernetes/test_model_claim.py",
        "modelHubEndpoint",
        "modelTokenSecret",
        "kubernetesModelClaim",
        "kubernetesModelStorage",
        "kubernetesStorageClass",
    ),
    **_in_a_cluster("tests/unit/kubernetes/test_revision.py", "gatewayImagePrebuilt"),
    **_in_a_cluster("tests/unit/kubernetes/test_images.py", "imageRegistry"),
    **_in_a_cluster(
        "tests/unit/kubernetes/test_server_pod.py",
        "imagePullSecrets",
        "kubernetesRuntimeClass",
        "kubernetesNodeSelector",
        "kubernetesTolerations",
    ),
    **_in_a_cluster("tests/unit/kubernetes/test_names.py", "kubernetesNamespace"),
    **_in_a_cluster(
        "tests/unit/kubernetes/test_workload.py",
        "kubernetesReplicas",
        "kubernetesQueryReplicas",
        "kubernetesGatewayReplicas",
        "kubernetesMaxReplicas",
        "kubernetesQueryMaxReplicas",
        "kubernetesGatewayMaxReplicas",
        "kubernetesScaleBy",
    ),
    **_in_a_cluster(
        "tests/unit/kubernetes/test_resources.py", "kubernetesCpuRequest", "kubernetesGpuResource"
    ),
    **_in_a_cluster(
        "tests/unit/kubernetes/test_ways_in.py",
        "kubernetesServiceType",
        "kubernetesIngressHost",
        "kubernetesIngressClass",
        "kubernetesTlsSecret",
        "kubernetesGateway",
    ),
    **_in_a_cluster(
        "tests/unit/kubernetes/test_network_policy.py",
        "kubernetesClientNamespaces",
        "kubernetesNetworkPolicies",
    ),
    **_in_a_cluster("tests/unit/kubernetes/elasticsearch/test_node.py", "kubernetesElasticsearchStorage"),
}
