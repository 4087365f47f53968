"""ServerImage: what is built for each device, and what a change of settings does to it."""

import json

import pytest

from components.image.built import ImageBuilds
from components.image.component import ServerImage, ServerImageArgs
from components.settings import EngineSettings
from tests.unit.declared import Declared, declare, one
from tests.unit.project import stack_settings

WANTED = "pulumi-python:dynamic/image:WantedImage"
PLATFORM = "pulumi-python:dynamic/image:EnginePlatform"
SOURCE = "pulumi-python:dynamic/image:SourceCommit"
COMMAND = "command:local:Command"
COMMIT = "c" * 40
"""What Pulumi's mocks give for every ref."""
OWNER = "jina-search-cpu-0a1b2c"


def declare_image(stack: str, seen: list[str] | None = None, **changes: object) -> list[Declared]:
    """Declare the image of a stack; its id and its commit go to `seen`."""
    settings = stack_settings(stack, **changes)

    def program() -> None:
        builds = ImageBuilds.declare(OWNER, EngineSettings(host="ssh://somewhere"), settings.image)
        image = ServerImage("llama-server", ServerImageArgs(device=settings.device, builds=builds))
        if seen is not None:
            image.image_id.apply(seen.append)
            image.commit.apply(seen.append)

    return declare(program)


def build(declared: list[Declared]) -> dict[str, str]:
    """Return the environment of the program that builds the image."""
    environment: dict[str, str] = one(declared, COMMAND).inputs["environment"]
    return environment


def test_the_cpu_image_is_built_from_the_fork_on_debian() -> None:
    declared = declare_image("cpu")
    wanted = one(declared, WANTED).inputs
    assert {key: wanted[key] for key in ("image_name", "owner", "kind", "dockerfile", "platform")} == {
        "image_name": "jina-llama-server",
        "owner": OWNER,
        "kind": "cpu",
        "dockerfile": "docker/Dockerfile",
        "platform": "linux/amd64",
    }
    assert wanted["arguments"] == {
        "LLAMA_CPP_REPOSITORY": "https://github.com/jina-ai/llama.cpp.git",
        "LLAMA_CPP_REF": COMMIT,
        "LLAMA_CPP_VERSION": "feat-jina-v5-text",
        "BASE_IMAGE": "debian:bookworm-slim",
    }
    assert build(declared) == {
        "DOCKER_HOST": "ssh://somewhere",
        "IMAGE_BUILD_NAME": f"jina-llama-server:cpu-000000000000-{OWNER}",
        "IMAGE_BUILD_CONTEXT": "docker",
        "IMAGE_BUILD_DOCKERFILE": "docker/Dockerfile",
        "IMAGE_BUILD_ARGUMENTS": json.dumps(wanted["arguments"], sort_keys=True),
        "IMAGE_BUILD_PLATFORM": "linux/amd64",
        "IMAGE_BUILD_NETWORK": "default",
        "IMAGE_BUILD_CA_CERTIFICATE": "",
        "IMAGE_BUILD_APT_MIRROR": "",
        "IMAGE_BUILD_MARK": "1",
        "IMAGE_REMOVAL_OWNER": OWNER,
        "IMAGE_REMOVAL_KINDS": "cpu,cuda",
    }


def test_the_cuda_image_is_built_on_devel_and_runs_on_runtime() -> None:
    wanted = one(declare_image("gpu"), WANTED).inputs
    assert (wanted["kind"], wanted["dockerfile"]) == ("cuda", "docker/Dockerfile.cuda")
    assert wanted["arguments"] == {
        "LLAMA_CPP_REPOSITORY": "https://github.com/jina-ai/llama.cpp.git",
        "LLAMA_CPP_REF": COMMIT,
        "LLAMA_CPP_VERSION": "feat-jina-v5-text",
        "CUDA_DEVEL_IMAGE": "nvidia/cuda:12.8.1-devel-ubuntu24.04",
        "CUDA_RUNTIME_IMAGE": "nvidia/cuda:12.8.1-runtime-ubuntu24.04",
        "CUDA_ARCHITECTURES": "75;80;86;89;90;120",
    }


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"quant": "Q8_0", "dims": 32, "serverParallel": 8}, True),
        ({"imageCudaArchitectures": "80"}, True),
        ({"imageBuildCaCertificate": "~/ca.pem", "imageAptMirror": "https://mirror.example"}, True),
        ({"imageBuildNetwork": "host"}, True),
        ({"llamaCppRef": "master"}, False),
        ({"imageBase": "debian:trixie-slim"}, False),
        ({"imageBuildJobs": 2}, False),
        ({"imagePackagesDate": "2026-11-30"}, False),
        ({"imagePlatform": "linux/arm64"}, False),
        ({"imageName": "other"}, False),
    ],
    ids=str,
)
def test_the_image_changes_with_what_it_is_built_from_and_nothing_else(
    changes: dict[str, object], same: bool
) -> None:
    before = one(declare_image("cpu"), WANTED).inputs
    after = one(declare_image("cpu", None, **changes), WANTED).inputs
    assert (before == after) is same


def test_the_build_is_told_of_certificate_mirror_network_and_day() -> None:
    told = build(
        declare_image(
            "cpu",
            imageBuildCaCertificate="~/ca.pem",
            imageAptMirror="https://mirror.example",
            imageBuildNetwork="host",
            imagePackagesDate="2026-11-30",
        )
    )
    # The path as it is written: another machine has another home.
    assert told["IMAGE_BUILD_CA_CERTIFICATE"] == "~/ca.pem"
    assert told["IMAGE_BUILD_APT_MIRROR"] == "https://mirror.example"
    assert told["IMAGE_BUILD_NETWORK"] == "host"
    assert json.loads(told["IMAGE_BUILD_ARGUMENTS"])["PACKAGES_DATE"] == "2026-11-30"


def test_the_engine_is_asked_for_its_platform_unless_one_is_set() -> None:
    assert one(declare_image("cpu"), PLATFORM).inputs["engine"] == {"DOCKER_HOST": "ssh://somewhere"}
    declared = declare_image("cpu", imagePlatform="linux/arm64")
    assert not [item for item in declared if item.type == PLATFORM]
    assert build(declared)["IMAGE_BUILD_PLATFORM"] == "linux/arm64"


def test_the_images_of_the_stack_go_when_the_build_is_deleted_and_not_before() -> None:
    inputs = one(declare_image("cpu"), COMMAND).inputs
    assert inputs["create"] == inputs["update"]
    assert inputs["create"].endswith("components.commands.image_build")
    assert inputs["delete"].endswith("components.commands.image_removal")
    # A trigger that changes would replace the resource, and so delete one in an update.
    assert not inputs.get("triggers")


def test_a_prebuilt_image_is_pulled_and_kept_and_nothing_is_built() -> None:
    declared = declare_image("gpu", imagePrebuilt="registry.example/llama:server-cuda")
    pulled = one(declared, "docker:index/remoteImage:RemoteImage")
    assert pulled.inputs == {"name": "registry.example/llama:server-cuda", "keepLocally": True}
    assert not [item for item in declared if item.type in {WANTED, SOURCE, COMMAND}]


def test_a_prebuilt_image_is_pulled_for_the_platform_that_is_set() -> None:
    declared = declare_image("cpu", imagePrebuilt="registry.example/llama", imagePlatform="linux/arm64")
    assert one(declared, "docker:index/remoteImage:RemoteImage").inputs["platform"] == "linux/arm64"


def test_the_commit_is_asked_for_once_by_the_repository_and_ref_of_the_settings() -> None:
    asked = one(declare_image("cpu", llamaCppRef="v1"), SOURCE)
    wanted = {"repository": "https://github.com/jina-ai/llama.cpp.git", "ref": "v1"}
    assert {key: asked.inputs[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("prebuilt", "identifier", "commit"),
    [("", "sha256:image-", COMMIT), ("registry.example/llama:server", "sha256:pulled-", "")],
)
def test_the_image_is_known_by_its_id_and_tells_the_commit_that_it_is_built_from(
    prebuilt: str, identifier: str, commit: str
) -> None:
    seen: list[str] = []
    declare_image("cpu", seen, imagePrebuilt=prebuilt)
    assert commit in seen
    assert [one for one in seen if one.startswith(identifier)]
