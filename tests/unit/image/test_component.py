"""ServerImage: what is built for each device, and what a change of settings does to it."""

import re

import pulumi
import pytest

from components.image import ServerImage, ServerImageArgs
from tests.unit.declared import Declared, declare, one
from tests.unit.project import stack_settings

IMAGE = "docker:index/image:Image"
SOURCE = "pulumi-python:dynamic/image:SourceCommit"
COMMIT = "c" * 40
"""What Pulumi's mocks give for every ref."""


def image(stack: str, **changes: object) -> list[Declared]:
    """Declare the image of a stack."""
    settings = stack_settings(stack, **changes)
    args = ServerImageArgs(device=settings.device, settings=settings.image)
    return declare(lambda: ServerImage("llama-server", args))


def test_the_cpu_image_is_built_from_the_fork_on_debian() -> None:
    declared = one(image("cpu"), IMAGE)
    assert declared.inputs["build"] == {
        "context": "docker",
        "dockerfile": "docker/Dockerfile",
        "builderVersion": "BuilderBuildKit",
        "network": "default",
        "args": {
            "LLAMA_CPP_REPOSITORY": "https://github.com/jina-ai/llama.cpp.git",
            "LLAMA_CPP_REF": COMMIT,
            "LLAMA_CPP_VERSION": "feat-jina-v5-text",
            "LLAMA_CPP_CREATED": "2026-01-01T00:00:00Z",
            "BASE_IMAGE": "debian:bookworm-slim",
        },
    }
    assert declared.inputs["skipPush"] is True
    assert declared.inputs["imageName"].startswith("jina-llama-server:cpu-")


def test_the_cuda_image_is_built_on_devel_and_runs_on_runtime() -> None:
    declared = one(image("gpu"), IMAGE)
    assert declared.inputs["build"]["dockerfile"] == "docker/Dockerfile.cuda"
    assert declared.inputs["build"]["args"] == {
        "LLAMA_CPP_REPOSITORY": "https://github.com/jina-ai/llama.cpp.git",
        "LLAMA_CPP_REF": COMMIT,
        "LLAMA_CPP_VERSION": "feat-jina-v5-text",
        "LLAMA_CPP_CREATED": "2026-01-01T00:00:00Z",
        "CUDA_DEVEL_IMAGE": "nvidia/cuda:12.8.1-devel-ubuntu24.04",
        "CUDA_RUNTIME_IMAGE": "nvidia/cuda:12.8.1-runtime-ubuntu24.04",
        "CUDA_ARCHITECTURES": "75;80;86;89;90;120",
    }
    assert declared.inputs["imageName"].startswith("jina-llama-server:cuda-")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"quant": "Q8_0", "dims": 32, "serverParallel": 8}, True),
        ({"imageCudaArchitectures": "80"}, True),
        ({"llamaCppRef": "master"}, False),
        ({"imageBase": "debian:trixie-slim"}, False),
        ({"imageBuildJobs": 2}, False),
    ],
    ids=str,
)
def test_the_image_changes_with_what_it_is_built_from_and_nothing_else(
    changes: dict[str, object], same: bool
) -> None:
    before, after = one(image("cpu"), IMAGE).inputs, one(image("cpu", **changes), IMAGE).inputs
    assert (before == after) is same
    assert (before["imageName"] == after["imageName"]) is same


def test_a_base_can_be_named_by_its_digest() -> None:
    base = f"registry.example:5000/debian:bookworm-slim@sha256:{'a' * 64}"
    declared = one(image("cpu", imageBase=base), IMAGE)
    assert declared.inputs["build"]["args"]["BASE_IMAGE"] == base
    assert re.fullmatch(r"jina-llama-server:cpu-[0-9a-f]{12}", declared.inputs["imageName"])


def test_a_prebuilt_image_is_pulled_and_kept_and_nothing_is_built() -> None:
    declared = image("gpu", imagePrebuilt="registry.example/llama:server-cuda")
    pulled = one(declared, "docker:index/remoteImage:RemoteImage")
    assert pulled.inputs == {"name": "registry.example/llama:server-cuda", "keepLocally": True}
    assert not [item for item in declared if item.type in {IMAGE, SOURCE}]


def test_the_commit_is_asked_for_once_by_the_repository_and_ref_of_the_settings() -> None:
    asked = one(image("cpu", llamaCppRef="v1"), SOURCE)
    wanted = {"repository": "https://github.com/jina-ai/llama.cpp.git", "ref": "v1"}
    assert {key: asked.inputs[key] for key in wanted} == wanted


@pytest.mark.parametrize(("prebuilt", "commit"), [("", COMMIT), ("registry.example/llama:server", "")])
def test_tells_the_commit_that_it_is_built_from(prebuilt: str, commit: str) -> None:
    seen: list[str] = []

    def program() -> None:
        settings = stack_settings("cpu", imagePrebuilt=prebuilt)
        built = ServerImage("llama-server", ServerImageArgs(device="cpu", settings=settings.image))
        built.commit.apply(seen.append)

    declare(program)
    assert seen == [commit]


def test_the_image_is_known_by_its_id_and_not_by_its_name() -> None:
    seen: list[str] = []

    def program() -> None:
        settings = stack_settings("cpu")
        built = ServerImage("llama-server", ServerImageArgs(device="cpu", settings=settings.image))
        pulumi.Output.all(built.image_id).apply(seen.extend)

    declare(program)
    assert len(seen) == 1
    assert seen[0].startswith("sha256:")
