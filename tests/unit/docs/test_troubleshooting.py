"""The table of docs/troubleshooting.md: each symptom has a test that brings it about."""

import re
from pathlib import Path

import pytest

from jinactl.doctor.examination import names

PROJECT = Path(__file__).parents[3]
UNIT, CONTRACT, E2E = "tests/unit", "tests/contract", "tests/e2e"

PROOFS = {
    "settings of this stack cannot be used": (f"{UNIT}/settings/test_read.py", "SettingsError"),
    "could not select device driver": (f"{E2E}/test_gpu_stack.py", "could not select device driver"),
    "unsatisfied condition": (f"{UNIT}/commands/test_gpu_check.py", "unsatisfied condition"),
    "has compute capability": (f"{UNIT}/commands/test_gpu_check.py", "compute capability"),
    "the server is `unhealthy` on cuda": (f"{CONTRACT}/server/test_gpu_health.py", "makes_it_healthy"),
    "belongs to container": (f"{E2E}/test_another_engine.py", "belongs to container"),
    "failed to connect to any docker daemon": (f"{E2E}/test_stack_life.py", "any docker daemon"),
    "is not the one that this stack lives on": (
        f"{E2E}/test_another_engine.py",
        "not the one that this stack",
    ),
    "command is not on PATH": (f"{UNIT}/kubernetes/test_errors.py", "is not on PATH"),
    "The cluster does not answer": (f"{UNIT}/kubernetes/test_errors.py", "does not answer"),
    "The cluster refuses it": (f"{UNIT}/kubernetes/test_errors.py", "The cluster refuses it"),
    "is not the one that this stack lives in`": (f"{UNIT}/kubernetes/test_errors.py", "AnotherClusterError"),
    "with its documents, is in the namespace": (
        f"{UNIT}/kubernetes/test_errors.py",
        "kubernetesNamespace jina-search-k8s",
    ),
    "could not be pushed": (f"{UNIT}/commands/test_image_push.py", "that_fails_is_explained"),
    "waits for a Deployment": ("docs/troubleshooting.md", "ImagePullBackOff"),
    "Can this pod reach that host": (f"{CONTRACT}/model/test_model_fetch.py", "Can this pod reach that host"),
    "failed to open GGUF file": (f"{UNIT}/startup/test_failures.py", "failed to open GGUF file"),
    "The build of": (f"{CONTRACT}/commands/test_image_build.py", "All that it said is in"),
    "failed to load": (f"{CONTRACT}/server/test_onednn.py", "failed to load"),
    "exec format error": (f"{UNIT}/commands/test_image_build.py", "exec format error"),
    "No docker CLI here can build with BuildKit": (f"{UNIT}/sandbox/docker/test_cli.py", "BuildKit"),
    "The platform of the Docker engine": (f"{UNIT}/image/test_wanted_image.py", "PlatformUnknownError"),
    "The commit of llama.cpp that": (f"{UNIT}/image/test_source_commit.py", "RepositoryUnreachableError"),
    "the model cannot be downloaded": (f"{CONTRACT}/model/test_refusals.py", "HF_ENDPOINT"),
    "bind source path does not exist": (f"{E2E}/test_checkouts.py", "**ModelFile::model"),
    "current license is non-compliant": (
        f"{UNIT}/elasticsearch/cluster/test_cluster_check.py",
        "non-compliant",
    ),
    "the endpoint's validation call failed": (
        f"{UNIT}/elasticsearch/test_inference_endpoint.py",
        "validation call",
    ),
    "input is too large to process": (
        f"{UNIT}/elasticsearch/documents/test_reindex.py",
        "input is too large",
    ),
    "ends with exit code 3": (f"{CONTRACT}/jinactl/test_ingest.py", "rejects"),
    "different number of dimensions": (
        f"{CONTRACT}/sandbox/elasticsearch_node/test_index.py",
        "different number of dimensions",
    ),
    "is an index already": (f"{CONTRACT}/elasticsearch/test_adoption.py", "elasticsearchAdopt"),
    "`llama-server ended with exit code": (f"{E2E}/test_stack_life.py", "LLAMA_ARG_NUMA"),
    "belongs to the stack": (f"{CONTRACT}/elasticsearch/test_ownership.py", "with_the_same_names_is_refused"),
    "is not alone in using them": (
        f"{CONTRACT}/elasticsearch/test_things_of_people.py",
        "spoil_what_others_have_is_refused",
    ),
    "cluster privilege": (f"{UNIT}/elasticsearch/cluster/test_privileges.py", "cluster privilege"),
    "The trial license of Elasticsearch ended": (f"{UNIT}/elasticsearch/client/test_license.py", "ended on"),
    "accepts no password that this stack knows": (f"{E2E}/test_kept_data.py", "password"),
    "elasticsearchImage is Elasticsearch": (f"{E2E}/test_kept_data.py", "elasticsearchImage is"),
    "The Elasticsearch node ended": (f"{E2E}/test_kept_data.py", "The Elasticsearch node ended"),
    "a document is found by a text": (f"{CONTRACT}/jinactl/test_repair.py", "repair"),
    "the stack is currently locked": (
        f"{CONTRACT}/interrupts/test_interrupted_updates.py",
        "currently locked",
    ),
    "is already in use": (f"{CONTRACT}/sandbox/providers/test_container.py", "is already in use"),
    "the first embedding is slow": ("docs/troubleshooting.md", "docker logs"),
}
"""By some words of a symptom: where it is brought about, and what stands there."""


def rows() -> dict[str, str]:
    """Return by symptom what the page says of the check that finds it."""
    table = page().partition("\n| symptom |")[2].partition("\n\n")[0]
    found = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[-1] for cells in found[1:]}


def page() -> str:
    return (PROJECT / "docs/troubleshooting.md").read_text()


def symptoms() -> list[str]:
    return list(rows())


@pytest.mark.parametrize("symptom", symptoms(), ids=lambda text: text[:40])
def test_each_symptom_has_a_test_that_brings_it_about(symptom: str) -> None:
    (proof,) = [found for words, found in PROOFS.items() if words in symptom]
    file, words = proof
    assert words in (PROJECT / file).read_text(), f"{file} does not say: {words}"


@pytest.mark.parametrize("words", PROOFS)
def test_no_proof_is_of_a_symptom_that_the_page_does_not_name(words: str) -> None:
    assert [symptom for symptom in symptoms() if words in symptom]


@pytest.mark.parametrize("symptom", symptoms(), ids=lambda text: text[:40])
def test_each_symptom_names_the_check_that_finds_it_or_says_why_there_is_none(symptom: str) -> None:
    told = rows()[symptom]
    checks = re.findall(r"`([a-z-]+)`", told)
    assert [one for one in checks if one not in names()] == []
    assert checks or re.fullmatch(r"no: .{10,}", told)


def test_each_check_of_the_doctor_is_listed_once_and_nothing_else_is() -> None:
    listed = page().partition("\n## What the doctor looks for\n")[2]
    assert sorted(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", listed)) == sorted(names())
