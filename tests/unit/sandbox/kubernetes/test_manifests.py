"""What is in a cluster before a stack, as text that an API server takes."""

import re
from typing import Any

import pytest
import yaml

from sandbox.kubernetes import manifests
from sandbox.kubernetes.images import NODE_FOLDER, OWN_PODS
from sandbox.kubernetes.manifests import DNS_ADDRESS, VOLUMES


def kinds(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of a text by their kind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in yaml.safe_load_all(text):
        found.setdefault(one["kind"], []).append(one)
    return found


@pytest.mark.parametrize(
    "text", [manifests.real(3), manifests.fake_nodes(3)], ids=["real nodes", "fake nodes"]
)
def test_claims_find_volumes_without_naming_a_class(text: str) -> None:
    found = kinds(text)
    (storage,) = found["StorageClass"]
    assert storage["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    classes = {volume["spec"]["storageClassName"] for volume in found["PersistentVolume"]}
    assert classes == {storage["metadata"]["name"]}


def test_real_volumes_are_folders_that_the_nodes_make() -> None:
    script = (NODE_FOLDER / "worker.sh").read_text()
    made = re.search(rf"seq -f {VOLUMES}/volume-%g 1 (\d+)", script)
    assert made is not None
    paths = [volume["spec"]["local"]["path"] for volume in kinds(manifests.real(3))["PersistentVolume"]]
    assert paths == [f"{VOLUMES}/volume-{number + 1}" for number in range(int(made[1]))]


def test_pods_are_sent_to_the_names_of_the_cluster() -> None:
    (service,) = kinds(manifests.real(3))["Service"]
    assert service["spec"]["clusterIP"] == DNS_ADDRESS
    assert f"clusterDNS: [{DNS_ADDRESS}]" in (NODE_FOLDER / "worker.sh").read_text()


def test_the_clusters_own_images_are_those_that_it_pulls() -> None:
    (deployment,) = kinds(manifests.real(3))["Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    pulled = [
        container["image"],
        *re.findall(r'sandbox_image = "(\S+)"', (NODE_FOLDER / "worker.sh").read_text()),
    ]
    assert sorted(image.rpartition("/")[2] for image in pulled) == sorted(OWN_PODS.values())
