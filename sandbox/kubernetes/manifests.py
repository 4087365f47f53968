"""What is in a cluster of the sandbox before a stack: nodes that only pretend, or names and volumes for real ones."""

from typing import Any

import yaml

VOLUMES = "/srv/volumes"
"""Folder of each node that all of them share: a volume in it is where its pod is, on whichever node."""

REAL_VOLUMES, FAKE_VOLUMES = 8, 64
"""How many volumes a cluster has; worker.sh makes the folders of the real ones."""

DNS_ADDRESS = "10.96.0.10"

COREFILE = """\
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa {
        ttl 5
    }
}
"""


def fake_nodes(number: int) -> str:
    """Return nodes that kwok plays, of 8 CPUs and 16 GiB each, and volumes that nothing is ever written to."""
    size = {"cpu": "8", "memory": "16Gi", "pods": "110"}
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": f"node-{one + 1}",
                "annotations": {"kwok.x-k8s.io/node": "fake"},
                "labels": {"kubernetes.io/hostname": f"node-{one + 1}", "kubernetes.io/os": "linux"},
            },
            "status": {"allocatable": size, "capacity": size},
        }
        for one in range(number)
    ]
    return _text([*nodes, *_volumes(FAKE_VOLUMES)])


def real(number: int) -> str:
    """Return what real nodes need beside them: the cluster's names (CoreDNS) and volumes."""
    return _text([*_dns(number), *_volumes(REAL_VOLUMES)])


def _dns(replicas: int) -> list[dict[str, Any]]:
    labels = {"k8s-app": "kube-dns"}
    place = {"name": "coredns", "namespace": "kube-system"}
    reads = [
        {"apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]  # fmt: skip
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "coredns"}
    pod = {
        "serviceAccountName": "coredns",
        "tolerations": [{"operator": "Exists"}],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": labels},
            }
        ],
        "containers": [
            {
                "name": "coredns",
                "image": "sandbox.invalid/coredns:1",
                "args": ["-conf", "/etc/coredns/Corefile"],
                "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns"}],
                "readinessProbe": {"tcpSocket": {"port": 53}, "periodSeconds": 1},
            }
        ],
        "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
    }
    ports = [
        {"name": f"dns-{protocol.lower()}", "port": 53, "targetPort": 53, "protocol": protocol}
        for protocol in ("UDP", "TCP")
    ]
    group = "rbac.authorization.k8s.io/v1"
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": place},
        {"apiVersion": group, "kind": "ClusterRole", "metadata": {"name": "coredns"}, "rules": reads},
        {
            "apiVersion": group,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "coredns"},
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount", **place}],
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": place, "data": {"Corefile": COREFILE}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**place, "labels": labels},
            "spec": {
                "replicas": min(replicas, 2),
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kube-dns", "namespace": "kube-system"},
            "spec": {"clusterIP": DNS_ADDRESS, "selector": labels, "ports": ports},
        },
    ]


def _volumes(number: int) -> list[dict[str, Any]]:
    """Return a default class of storage, and volumes of it that any node can mount, by one or by many."""
    everywhere = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    volumes = [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "storageClassName": "standard",
                "capacity": {"storage": "20Gi"},
                "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                "local": {"path": f"{VOLUMES}/{name}"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [everywhere]}]}},
            },
        }
        for name in (f"volume-{one + 1}" for one in range(number))
    ]
    return [storage_class, *volumes]


def _text(objects: Any) -> str:
    return yaml.safe_dump_all(list(objects))
