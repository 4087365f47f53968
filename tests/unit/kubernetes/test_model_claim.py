"""How the model file reaches the servers: fetched by each pod, or from a claim that a Job fills once."""

from typing import Any

import pytest

from tests.unit.declared import one, shown
from tests.unit.kubernetes.stack import LANES, SERVERS, container, declared, found, objects, pod, variables

CLAIM = {"modelDelivery": "claim"}
THERE = {**CLAIM, "kubernetesModelClaim": "mine"}
FILE = "v5-nano-retrieval-F16.gguf"
DIGEST, COMMIT = "d" * 64, "e" * 40
FETCH = {
    "MODEL_FILE": FILE,
    "MODEL_SHA256": DIGEST,
    "MODEL_FOLDER": "/models",
    "MODEL_FETCH": "true",
    "MODEL_ENDPOINT": "https://huggingface.co",
    "MODEL_REPOSITORY": "jinaai/jina-embeddings-v5-text-nano-retrieval-GGUF",
    "MODEL_COMMIT": COMMIT,
}
LOOK = {"MODEL_FILE": FILE, "MODEL_SHA256": DIGEST, "MODEL_FOLDER": "/models", "MODEL_FETCH": "false"}
JOB = "llama-server-model"


def prepare(server: str, **changes: object) -> dict[str, Any]:
    (made,) = pod(server, **changes)["initContainers"]
    return dict(made)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, FETCH),
        ({"modelHubEndpoint": "https://hub.test"}, {**FETCH, "MODEL_ENDPOINT": "https://hub.test"}),
        ({"modelTokenSecret": "hub"}, {**FETCH, "MODEL_TOKEN_FILE": "/run/secrets/hub/token"}),
        (CLAIM, LOOK),
        ({**CLAIM, "modelTokenSecret": "hub"}, LOOK),
        (THERE, LOOK),
    ],
    ids=shown,
)
@pytest.mark.parametrize("server", SERVERS)
def test_the_content_is_looked_at_before_every_start(
    server: str, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    made = prepare(server, **changes)
    assert made["command"] == ["python3", "-m", "model_fetch"]
    assert variables(made) == expected


@pytest.mark.parametrize(
    ("changes", "volume", "read_only"),
    [
        ({}, {"emptyDir": {}}, None),
        (CLAIM, {"persistentVolumeClaim": {"claimName": "models", "readOnly": True}}, True),
        (THERE, {"persistentVolumeClaim": {"claimName": "mine", "readOnly": True}}, True),
    ],
    ids=shown,
)
@pytest.mark.parametrize("server", SERVERS)
def test_only_what_fetches_the_file_can_write_it(
    server: str, changes: dict[str, Any], volume: dict[str, Any], read_only: bool | None
) -> None:
    (folder,) = [one_ for one_ in pod(server, **changes)["volumes"] if one_["name"] == "models"]
    assert {key: value for key, value in folder.items() if key != "name"} == volume
    (mount,) = [one_ for one_ in prepare(server, **changes)["volumeMounts"] if one_["name"] == "models"]
    assert (mount["mountPath"], mount.get("readOnly")) == ("/models", read_only)
    (served,) = [one_ for one_ in container(server, **changes)["volumeMounts"] if one_["name"] == "models"]
    assert (served["mountPath"], served["readOnly"]) == ("/models", True)


def test_the_token_of_the_hub_is_read_from_the_secret_that_is_named_and_by_the_fetcher_alone() -> None:
    spec = pod(SERVERS[0], modelTokenSecret="hub")
    (volume,) = [one_ for one_ in spec["volumes"] if one_["name"] == "token"]
    assert volume["secret"] == {
        "secretName": "hub",
        "defaultMode": 0o440,
        "items": [{"key": "token", "path": "token"}],
    }
    mounts = [one_["mountPath"] for one_ in prepare(SERVERS[0], modelTokenSecret="hub")["volumeMounts"]]
    assert mounts == ["/models", "/run/secrets/hub"]
    served = container(SERVERS[0], modelTokenSecret="hub")["volumeMounts"]
    assert "token" not in [one_["name"] for one_ in served]


def test_a_job_fetches_the_file_into_the_claim_once() -> None:
    job = found("Job", "model", **CLAIM)
    assert job["metadata"]["name"] == f"model-{DIGEST[:8]}"
    assert job["spec"]["backoffLimit"] == 3
    assert variables(container(JOB, **CLAIM)) == FETCH
    spec = pod(JOB, **CLAIM)
    assert spec["restartPolicy"] == "OnFailure"
    assert spec["volumes"] == [{"name": "models", "persistentVolumeClaim": {"claimName": "models"}}]
    assert container(JOB, **CLAIM)["image"] == "said by gateway-push"


def test_a_job_that_has_run_does_not_run_again_for_another_image() -> None:
    made = one(declared(**CLAIM), "kubernetes:batch/v1:Job", JOB)
    assert made.options.ignore_changes == ("spec",)


@pytest.mark.parametrize("lane", LANES)
def test_no_server_starts_before_the_claim_is_filled(lane: str) -> None:
    made = one(declared(**CLAIM), "kubernetes:apps/v1:Deployment", f"llama-server-{lane}")
    assert any(urn.endswith(f"kubernetes:batch/v1:Job::{JOB}") for urn in made.dependencies)


@pytest.mark.parametrize(
    ("changes", "storage", "class_"),
    [
        (CLAIM, "2Gi", None),
        ({**CLAIM, "kubernetesModelStorage": "5Gi", "kubernetesStorageClass": "nfs"}, "5Gi", "nfs"),
    ],
    ids=shown,
)
def test_the_claim_is_for_servers_on_several_nodes(
    changes: dict[str, Any], storage: str, class_: str | None
) -> None:
    spec = found("PersistentVolumeClaim", "models", **changes)["spec"]
    assert spec["accessModes"] == ["ReadWriteMany"]
    assert spec["resources"] == {"requests": {"storage": storage}}
    assert spec.get("storageClassName") == class_


@pytest.mark.parametrize("changes", [{}, THERE], ids=shown)
def test_a_claim_that_is_there_and_pods_that_fetch_need_neither_claim_nor_job(
    changes: dict[str, Any],
) -> None:
    made = objects(declared(**changes), "Job", "PersistentVolumeClaim")
    assert {item.inputs["metadata"]["name"] for item in made} == {
        "elasticsearch-data",
        "elasticsearch-backups",
    }
