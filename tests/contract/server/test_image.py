"""The built image itself: what it says of itself, and what is not in it."""

import re

import pytest
from docker.client import DockerClient

from components.image.source_commit import find_commit
from sandbox.docker.debian_images import BOOKWORM_SLIM
from sandbox.llama_cpp.repository import BRANCH

pytestmark = pytest.mark.sandbox

MEGABYTE = 1_000_000


def shell(image: str, script: str) -> str:
    """Run a script of bash in the image, as the image's user, and return what it prints."""
    output: bytes = DockerClient.from_env().containers.run(
        image, ["-c", script], entrypoint="bash", remove=True, network_mode="none", read_only=True
    )
    return output.decode().strip()


def test_labels_say_what_it_was_built_from(server_image: str) -> None:
    labels = DockerClient.from_env().images.get(server_image).labels
    known = {key.removeprefix("org.opencontainers.image."): value for key, value in labels.items()}
    assert known["source"].endswith("llama.cpp.git")
    assert known["revision"] == find_commit(known["source"], BRANCH)
    assert known["revision"] == shell(server_image, "cat /opt/llama.cpp/REVISION")
    assert known["version"] == BRANCH
    assert known["licenses"] == "MIT AND Apache-2.0 AND BSD-2-Clause"
    assert known["base.name"] == BOOKWORM_SLIM


def test_holds_the_commit_and_the_license(server_image: str) -> None:
    revision = shell(server_image, "cat /opt/llama.cpp/REVISION")
    assert re.fullmatch("[0-9a-f]{40}", revision)
    assert revision[:7] in shell(server_image, "/opt/llama.cpp/llama-server --version 2>&1")
    assert "MIT License" in shell(server_image, "cat /opt/llama.cpp/LICENSE")


def test_adds_little_to_its_base(server_image: str) -> None:
    images = DockerClient.from_env().images
    added = images.get(server_image).attrs["Size"] - images.get(BOOKWORM_SLIM).attrs["Size"]
    # oneDNN is 40 of them.
    assert added < 80 * MEGABYTE


def test_holds_no_toolchain_and_nothing_that_downloads(server_image: str) -> None:
    programs = "gcc g++ cc cmake ninja make git ccache python3 perl-cpan curl wget llama-quantize llama-cli"
    assert shell(server_image, f"for one in {programs}; do command -v $one; done; true") == ""
    assert shell(server_image, "ls -A /var/lib/apt/lists /source /build /root/.cache 2>/dev/null; true") in (
        "",
        "/var/lib/apt/lists:",
    )


def test_every_library_that_the_server_needs_is_there(server_image: str) -> None:
    missing = "cd /opt/llama.cpp; for one in llama-server *.so; do ldd $one; done | grep 'not found'; true"
    assert shell(server_image, missing) == ""


def test_runs_as_a_user_without_a_name_or_a_home(server_image: str) -> None:
    assert shell(server_image, "id -u; id -g") == "10001\n10001"
    assert shell(server_image, "grep -c ':10001:' /etc/passwd; true") == "0"


def test_has_libraries_for_processors_old_and_new(server_image: str) -> None:
    libraries = shell(server_image, "cd /opt/llama.cpp; ls libggml-cpu-*.so").split()
    architecture = DockerClient.from_env().images.get(server_image).attrs["Architecture"]
    variants = {
        "amd64": ("haswell", "icelake", "skylakex", "x64"),
        "arm64": ("armv8.0_1", "armv8.2_2", "armv8.6_1", "armv8.6_2"),
    }[architecture]
    assert libraries == [f"libggml-cpu-{variant}.so" for variant in variants]
