"""What only the Dockerfile for GPUs does, as text."""

import re

from tests.unit.docker.dockerfile import declared, pairs, read


def test_the_cuda_build_compiles_for_the_wanted_gpus_and_links_without_a_driver() -> None:
    (build,) = read("Dockerfile.cuda").stages["build"].all("RUN")
    for option in (
        "-DGGML_CUDA=ON",
        '"-DCMAKE_CUDA_ARCHITECTURES=${CUDA_ARCHITECTURES}"',
        "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined",
        "LIBRARY_PATH=/usr/local/cuda/lib64/stubs",
    ):
        assert option in build


def test_the_toolkit_of_a_host_is_told_what_the_cuda_image_needs_of_the_driver() -> None:
    (environment,) = read("Dockerfile.cuda").final.all("ENV")
    assert pairs(environment)["NVIDIA_VISIBLE_DEVICES"] == "all"
    assert pairs(environment)["NVIDIA_DRIVER_CAPABILITIES"] == "compute,utility"


def test_the_cuda_image_is_built_on_devel_and_runs_on_runtime_of_the_same_version() -> None:
    dockerfile = read("Dockerfile.cuda")
    devel, runtime = dockerfile.arguments["CUDA_DEVEL_IMAGE"], dockerfile.arguments["CUDA_RUNTIME_IMAGE"]
    assert devel.replace("-devel-", "-runtime-") == runtime
    assert [stage.base for stage in dockerfile.lineage(dockerfile.stages["build"])][
        -1
    ] == "${CUDA_DEVEL_IMAGE}"
    assert [stage.base for stage in dockerfile.lineage(dockerfile.final)][-1] == "${CUDA_RUNTIME_IMAGE}"


def test_the_cuda_version_knows_every_architecture_that_is_compiled_by_default() -> None:
    """Blackwell (120) came with 12.8; 13.0 dropped what is older than Turing (75)."""
    dockerfile = read("Dockerfile.cuda")
    version = re.search(r":(\d+)\.(\d+)", dockerfile.arguments["CUDA_DEVEL_IMAGE"])
    assert version
    assert tuple(map(int, version.groups())) >= (12, 8)
    assert declared("Dockerfile.cuda")["CUDA_ARCHITECTURES"].split(";") == [
        "75",
        "80",
        "86",
        "89",
        "90",
        "120",
    ]
