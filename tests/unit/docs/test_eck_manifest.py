"""The manifest for Elastic's operator: of the version that the stack is made for, keeping documents."""

from typing import Any

import yaml

from tests.unit.project import PROJECT_DIRECTORY, stack_settings


def manifest() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the namespace and the cluster."""
    text = (PROJECT_DIRECTORY / "docs" / "manifests" / "eck.yaml").read_text()
    namespace, cluster = yaml.safe_load_all(text)
    return namespace, cluster


def test_it_is_the_version_of_the_stacks_own_node() -> None:
    _, cluster = manifest()
    image = stack_settings("cpu").elasticsearch.image
    assert image.rpartition(":")[2] == cluster["spec"]["version"]


def test_the_documents_outlive_the_object() -> None:
    _, cluster = manifest()
    assert cluster["spec"]["volumeClaimDeletePolicy"] == "DeleteOnScaledownOnly"
    (nodes,) = cluster["spec"]["nodeSets"]
    assert [one["metadata"]["name"] for one in nodes["volumeClaimTemplates"]] == ["elasticsearch-data"]


def test_its_pods_pass_the_level_that_its_namespace_enforces() -> None:
    """The operator itself drops capabilities and forbids escalation, since Elasticsearch 8.8."""
    namespace, cluster = manifest()
    assert cluster["metadata"]["namespace"] == namespace["metadata"]["name"]
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    security = cluster["spec"]["nodeSets"][0]["podTemplate"]["spec"]["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
