"""The CUDA build as far as it goes without NVIDIA's images: configured with a real nvcc, and one kernel compiled."""

import re
from pathlib import Path

import pytest
from docker.client import DockerClient

from components.image.component import DOCKERFILES
from components.image.source_commit import find_commit
from sandbox.docker.cli import buildkit_cli
from sandbox.docker.debian_images import BOOKWORM_SLIM, ensure_debian
from sandbox.docker.engine import ensure_engine
from sandbox.errors import SandboxError
from sandbox.llama_cpp.repository import BRANCH
from sandbox.llama_cpp.source import FORK, ensure_source
from sandbox.machine.cache import cache_root
from sandbox.machine.process import run
from sandbox.models.quantise import build_arguments
from tests.contract.server.cuda_toolkit import ensure_cuda_toolkit
from tests.unit.docker.dockerfile import FOLDER, read
from tests.unit.project import PROJECT_DIRECTORY

pytestmark = pytest.mark.sandbox

SOURCE_IMAGE = "jina-search/llama-source:1"
OBJECTS = "ggml/src/ggml-cuda/CMakeFiles/ggml-cuda.dir"

CMAKE = f"""#!/bin/sh
[ "$1" = --build ] || exec /usr/bin/cmake "$@"
exec ninja -C "$2" {OBJECTS}/scale.cu.o
"""
"""The real cmake, which compiles one kernel instead of everything: that would take an hour."""


@pytest.fixture(scope="module")
def toolkit() -> Path:
    """Return NVIDIA's compiler and headers."""
    try:
        return ensure_cuda_toolkit(cache_root(), print)
    except SandboxError as error:
        pytest.skip(f"NVIDIA's packages of the Python package index cannot be had here: {error}")


@pytest.fixture(scope="module")
def source_image() -> str:
    """Build the stage with the compilers and the source: layers of the server's image, so it takes no time after it."""
    cache = cache_root()
    ensure_engine(cache, print)
    ensure_debian(cache, print, "bookworm", BOOKWORM_SLIM)
    source = ensure_source(cache, print, FORK, BRANCH)
    arguments = build_arguments(source, find_commit(source.repository, source.ref))
    options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
    options += ["--network=host", "--progress=plain", "--target=source", f"--tag={SOURCE_IMAGE}"]
    options += [f"--file={PROJECT_DIRECTORY / DOCKERFILES['cpu']}"]
    run(
        [buildkit_cli(), "build", *options, FOLDER],
        cache / "llama-source.log",
        env={"DOCKER_BUILDKIT": "1"},
        timeout=900.0,
    )
    return SOURCE_IMAGE


def test_the_cuda_build_is_configured_as_the_dockerfile_says_and_compiles_a_kernel(
    source_image: str, toolkit: Path, tmp_path: Path
) -> None:
    (build,) = read("Dockerfile.cuda").stages["build"].all("RUN")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "cmake").write_text(CMAKE)
    (programs / "cmake").chmod(0o755)
    script = [
        "export PATH=/programs:/usr/local/cuda/bin:$PATH BUILD_JOBS=0 CUDA_ARCHITECTURES=90",
        re.sub(r"--mount=\S+ ", "", build),
        f"ls /build/{OBJECTS}",
        "grep -o -m 1 'arch=compute_[0-9]*' /build/build.ninja",
    ]
    output: bytes = DockerClient.from_env().containers.run(
        source_image,
        ["bash", "-euc", "\n".join(script)],
        volumes={
            str(toolkit): {"bind": "/usr/local/cuda", "mode": "ro"},
            str(FOLDER / "build.sh"): {"bind": "/usr/local/bin/build", "mode": "ro"},
            str(programs): {"bind": "/programs", "mode": "ro"},
        },
        network_mode="none",
        remove=True,
        stderr=True,
    )
    said = output.decode(errors="replace")
    assert "Including CUDA backend" in said
    assert "Using CMAKE_CUDA_ARCHITECTURES=90" in said
    lines = said.splitlines()
    assert "scale.cu.o" in lines
    assert lines[-1] == "arch=compute_90"
