"""The trial node in a cluster: what is declared, and that its documents outlive it."""

import functools
import re
from collections.abc import Mapping
from typing import Any

import pytest

from components.elasticsearch.node import container
from components.kubernetes.elasticsearch.component import ClusterElasticsearch, ClusterElasticsearchArgs
from components.kubernetes.surroundings import Surroundings
from tests.unit.declared import Declared, declare, one
from tests.unit.kubernetes.stack import before
from tests.unit.project import stack_settings

DYNAMIC = "pulumi-python:dynamic/elasticsearch:"
COMMAND = "command:local:Command"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
SERVICE = "kubernetes:core/v1:Service"
SECRET = "kubernetes:core/v1:Secret"
OWNER = "jina-search-k8s-0a1b2c"
INDEX = "jina-demo"
LABELS = {
    "app.kubernetes.io/instance": "jina-search-k8s",
    "app.kubernetes.io/part-of": "jina-search",
    "app.kubernetes.io/managed-by": "pulumi",
}
OURS = {**LABELS, "app.kubernetes.io/name": "elasticsearch"}
CLUSTER = {"KUBECTL_NAMESPACE": "search"}
CLUSTER_UID = "1111-aaaa"


@functools.cache
def declared(context: str = "", pull_secrets: tuple[str, ...] = (), **changes: object) -> list[Declared]:
    """Declare Elasticsearch for a stack in a cluster, once for each set of changes."""
    settings = stack_settings("k8s", imageRegistry="registry.test", **changes)
    args = ClusterElasticsearchArgs(
        owner=OWNER,
        cluster_uid=CLUSTER_UID,
        surroundings=Surroundings(
            namespace="search",
            context=context,
            labels=LABELS,
            environment=CLUSTER,
            pull_secrets=pull_secrets,
        ),
        kubernetes=settings.kubernetes,
        settings=settings.elasticsearch,
    )
    return declare(lambda: ClusterElasticsearch("elasticsearch", args), "k8s")


def spec(**changes: Any) -> Mapping[str, Any]:
    """Return the specification of the set."""
    return dict(one(declared(**changes), STATEFUL_SET).inputs["spec"])


def pod(**changes: Any) -> Mapping[str, Any]:
    """Return the specification of the pod."""
    return dict(spec(**changes)["template"]["spec"])


def node(**changes: Any) -> Mapping[str, Any]:
    """Return the node's container."""
    (found,) = pod(**changes)["containers"]
    return dict(found)


def test_the_objects_of_the_node_are_in_the_stacks_namespace_with_its_labels() -> None:
    objects = [item for item in declared() if item.type.startswith("kubernetes:")]
    assert sorted((item.type.rpartition(":")[2], item.inputs["metadata"]["name"]) for item in objects) == [
        ("PersistentVolumeClaim", "elasticsearch-backups"),
        ("PersistentVolumeClaim", "elasticsearch-data"),
        ("Secret", "elasticsearch-password"),
        ("Service", "elasticsearch"),
        ("StatefulSet", "elasticsearch"),
    ]
    for item in objects:
        assert item.inputs["metadata"]["namespace"] == "search"
        assert item.inputs["metadata"]["labels"] == OURS


def test_a_pod_of_one_is_found_by_its_service() -> None:
    selected = {key: OURS[key] for key in ("app.kubernetes.io/instance", "app.kubernetes.io/name")}
    assert spec()["replicas"] == 1
    assert spec()["serviceName"] == "elasticsearch"
    # Nobody can change what a set selects, and the stack may be renamed: so its name is not in there.
    kept = {key: OURS[key] for key in ("app.kubernetes.io/name", "app.kubernetes.io/part-of")}
    assert spec()["selector"] == {"matchLabels": kept}
    assert spec()["template"]["metadata"]["labels"] == OURS
    service = one(declared(), SERVICE).inputs
    assert service["spec"] == {
        "selector": selected,
        "ports": [{"name": "http", "port": 9200, "targetPort": "http"}],
    }
    assert node()["ports"] == [{"name": "http", "containerPort": 9200}]


def test_a_pod_that_never_became_ready_does_not_stand_in_the_way_of_mended_settings() -> None:
    assert spec()["podManagementPolicy"] == "Parallel"


def test_each_container_passes_the_restricted_level_of_pod_security() -> None:
    """Kubernetes' Pod Security Standards, level restricted."""
    assert pod()["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 0,
        "fsGroup": 1000,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for one_, read_only in ((node(), False), (pod()["initContainers"][0], True)):
        assert one_["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": read_only,
        }
    assert pod()["automountServiceAccountToken"] is False
    assert pod()["enableServiceLinks"] is False
    assert {key for volume in pod()["volumes"] for key in volume} - {"name"} == {
        "persistentVolumeClaim",
        "secret",
        "emptyDir",
    }


def test_its_settings_are_those_of_the_node_in_docker() -> None:
    settings = stack_settings("k8s", imageRegistry="registry.test").elasticsearch
    env = {item["name"]: item["value"] for item in node()["env"]}
    password = env.pop("ELASTIC_PASSWORD_FILE")
    assert env == container.environment(settings)
    assert password == "/run/secrets/elasticsearch/password"
    assert [item["name"] for item in node()["env"]] == sorted(item["name"] for item in node()["env"])


@pytest.mark.parametrize(
    ("changes", "where", "value"),
    [
        ({}, ("image",), "elasticsearch:9.5.3"),
        (
            {"elasticsearchImage": "registry.test/elasticsearch:9.6.0"},
            ("image",),
            "registry.test/elasticsearch:9.6.0",
        ),
        (
            {"elasticsearchMemory": 3000},
            ("resources",),
            {"requests": {"cpu": "250m", "memory": "3000Mi"}, "limits": {"memory": "3000Mi"}},
        ),
    ],
    ids=str,
)
def test_image_and_memory_are_as_set(
    changes: dict[str, object], where: tuple[str, ...], value: object
) -> None:
    found: Any = node(**changes)
    for key in where:
        found = found[key]
    assert found == value


def test_the_password_is_copied_to_a_file_of_the_mode_that_the_image_insists_on() -> None:
    (copy,) = pod()["initContainers"]
    (shell, option, script) = copy["command"]
    assert (shell, option) == ("sh", "-c")
    assert script.startswith("umask 077 && ")
    volumes = {volume["name"]: volume for volume in pod()["volumes"]}
    assert volumes["password"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Mi"}
    assert volumes["given"]["secret"] == {"secretName": "elasticsearch-password", "defaultMode": 0o440}
    given, copied = (
        {mount["name"]: mount for mount in copy["volumeMounts"]}[n] for n in ("given", "password")
    )
    assert given["readOnly"] is True
    assert re.search(rf"cat {given['mountPath']}/password > {copied['mountPath']}/password$", script)
    assert {mount["name"] for mount in node()["volumeMounts"]} == {"data", "backups", "password"}


def test_the_password_is_a_secret_of_the_state_and_nowhere_else() -> None:
    secret = one(declared(elasticsearchPassword="my-own-word"), SECRET)
    assert "stringData" in secret.secrets
    given = [
        item.name
        for item in declared(elasticsearchPassword="my-own-word")
        if item.type.startswith(("kubernetes:", "command:")) and "my-own-word" in str(item.inputs)
    ]
    assert given == []


def test_it_is_ready_when_it_answers_and_is_never_killed_for_being_slow() -> None:
    startup, ready = node()["startupProbe"], node()["readinessProbe"]
    assert "livenessProbe" not in node()
    assert startup["exec"] == ready["exec"]
    assert startup["exec"]["command"][:2] == ["bash", "-c"]
    assert all(status in startup["exec"]["command"][2] for status in (" 200 ", " 401 "))
    assert startup["failureThreshold"] * startup["periodSeconds"] == container.READY_WITHIN
    assert ready["timeoutSeconds"] > container.ANSWER_WITHIN
    assert pod()["terminationGracePeriodSeconds"] >= 60


@pytest.mark.parametrize("name", ["data", "backups"])
def test_claims_outlive_the_set_and_the_stack(name: str) -> None:
    claim = one(declared(), CLAIM, f"elasticsearch-{name}")
    assert claim.options.retain_on_delete
    assert not claim.options.delete_before_replace
    assert claim.options.ignore_changes == ("spec.storageClassName",)
    volumes = {volume["name"]: volume for volume in pod()["volumes"]}
    assert volumes[name]["persistentVolumeClaim"] == {"claimName": f"elasticsearch-{name}"}
    assert "volumeClaimTemplates" not in spec()
    mounts = {mount["name"]: mount["mountPath"] for mount in node()["volumeMounts"]}
    assert mounts[name] == {"data": container.DATA, "backups": container.BACKUPS}[name]


@pytest.mark.parametrize(
    ("changes", "storage"),
    [
        ({}, {"resources": {"requests": {"storage": "10Gi"}}}),
        (
            {"kubernetesElasticsearchStorage": "50Gi", "kubernetesStorageClass": "fast"},
            {"resources": {"requests": {"storage": "50Gi"}}, "storageClassName": "fast"},
        ),
    ],
    ids=str,
)
def test_claims_are_of_the_size_and_class_that_are_set(
    changes: dict[str, object], storage: dict[str, object]
) -> None:
    for name in ("elasticsearch-data", "elasticsearch-backups"):
        claim = one(declared(**changes), CLAIM, name).inputs
        assert claim["spec"] == {"accessModes": ["ReadWriteOnce"], **storage}
        assert claim["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


@pytest.mark.parametrize(
    ("name", "changes", "given_up"),
    [
        ("data", {}, "false"),
        ("data", {"elasticsearchDeleteData": INDEX}, "true"),
        ("data", {"elasticsearchDeleteBackups": INDEX}, "false"),
        ("data", {"elasticsearchDeleteData": INDEX, "elasticsearchAdditionalIndices": ("mails",)}, "false"),
        ("backups", {"elasticsearchDeleteData": INDEX}, "false"),
        ("backups", {"elasticsearchDeleteData": INDEX, "elasticsearchDeleteBackups": INDEX}, "true"),
    ],
    ids=str,
)
def test_only_claims_that_were_given_up_go_and_by_a_program_at_deletion_alone(
    name: str, changes: dict[str, Any], given_up: str
) -> None:
    removal = one(declared(**changes), COMMAND, f"elasticsearch-{name}-removal").inputs
    assert removal["delete"].endswith(" -m components.commands.cluster_claim_removal")
    assert not {"create", "update", "triggers"} & set(removal)
    assert removal["environment"] == {
        **CLUSTER,
        "CLAIM_REMOVAL_CLUSTER_UID": CLUSTER_UID,
        "CLAIM_REMOVAL_CLAIM": f"elasticsearch-{name}",
        "CLAIM_REMOVAL_SETTING": {"data": "elasticsearchDeleteData", "backups": "elasticsearchDeleteBackups"}[
            name
        ],
        "CLAIM_REMOVAL_GIVEN_UP": given_up,
    }


def test_claims_are_taken_once_nothing_else_is_known_to_use_them() -> None:
    made = declared()
    check = one(made, COMMAND, "elasticsearch-claims")
    assert check.inputs["create"].endswith(" -m components.commands.cluster_claim_check")
    names = {item.inputs["metadata"]["name"] for item in made if item.type == CLAIM}
    assert set(check.inputs["environment"]["CLAIM_CHECK_CLAIMS"].split(",")) == names
    # With another context, say, it would find the node of the stack itself.
    assert check.options.ignore_changes == ("environment",)
    for item in made:
        if item.type == CLAIM:
            assert f"{COMMAND}::elasticsearch-claims" in before(made, item)


def test_the_set_changes_after_the_version_is_checked_and_goes_before_its_claims() -> None:
    earlier = one(declared(), STATEFUL_SET).dependencies
    for name in ("elasticsearch-version", "elasticsearch-data-removal", "elasticsearch-backups-removal"):
        assert any(urn.endswith(f"{COMMAND}::{name}") for urn in earlier), name
    check = one(declared(), COMMAND, "elasticsearch-version").inputs["environment"]
    assert check == {
        **CLUSTER,
        "VERSION_CHECK_IMAGE_NAME": "elasticsearch:9.5.3",
        "VERSION_CHECK_CLAIM": "elasticsearch-data",
    }


def test_the_superuser_is_looked_for_once_the_check_has_seen_the_node_of_these_settings() -> None:
    check = one(declared(), COMMAND, "elasticsearch-check")
    assert any(urn.endswith(f"{STATEFUL_SET}::elasticsearch") for urn in check.dependencies)
    told = check.inputs["environment"]
    assert told.pop("NODE_CHECK_INCARNATION") == one(declared(), f"{DYNAMIC}Superuser").inputs["container"]
    assert told == {
        **CLUSTER,
        "NODE_CHECK_STATEFUL_SET": "elasticsearch",
        "NODE_CHECK_POD": "elasticsearch-0",
        "NODE_CHECK_CONTAINER": "elasticsearch",
        "NODE_CHECK_CLAIM": "elasticsearch-data",
        "NODE_CHECK_PATIENCE": "1200",
    }
    after = one(declared(), f"{DYNAMIC}Superuser").dependencies
    assert any(urn.endswith(f"{COMMAND}::elasticsearch-check") for urn in after)


def test_nothing_of_the_node_is_deleted_before_the_guard_agrees() -> None:
    guard = one(declared(elasticsearchDeleteData=INDEX), f"{DYNAMIC}DeletionGuard")
    for type_ in (STATEFUL_SET, SERVICE):
        assert any(urn.endswith(f"{type_}::elasticsearch") for urn in guard.dependencies), type_
    assert {key: guard.inputs[key] for key in ("owner", "alias", "delete_data", "scope")} == {
        "owner": OWNER,
        "alias": INDEX,
        "delete_data": INDEX,
        "scope": "node",
    }


@pytest.mark.parametrize(
    ("changes", "password"), [({}, "generated"), ({"elasticsearchPassword": "my-own-word"}, "my-own-word")]
)
def test_this_machine_asks_the_service_with_the_password_that_the_superuser_has(
    changes: dict[str, Any], password: str
) -> None:
    found = declared(context="work", **changes)
    superuser = one(found, f"{DYNAMIC}Superuser")
    assert superuser.inputs["url"] == "kubectl://work@search/elasticsearch:9200"
    assert superuser.secrets >= {"generated", "wanted"}
    guard = one(found, f"{DYNAMIC}DeletionGuard").inputs
    expected = {"password": password, "managed": True, "cluster_uuid": "the-cluster", "user": "elastic"}
    assert {key: guard[key] for key in expected} == expected
    assert guard["url"] == superuser.inputs["url"]


def test_the_image_is_pulled_with_the_secrets_that_are_set() -> None:
    assert "imagePullSecrets" not in pod()
    assert pod(pull_secrets=("mine", "ours"))["imagePullSecrets"] == [{"name": "mine"}, {"name": "ours"}]


def test_a_cluster_that_is_there_already_is_only_named() -> None:
    found = declared(elasticsearchUrl="https://es.test:9200", elasticsearchApiKey="hunter2")
    assert [item.type for item in found] == ["jina:kubernetes:Elasticsearch"]
