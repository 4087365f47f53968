"""The GPU check: what it asks the engine, and what it makes of the answer."""

import pytest

from components.commands.gpu_check import command, runs, verify
from components.program.errors import CheckError

BUILT = "75;80;86;89;90;120"
LISTED = """ggml_cuda_init: found 1 CUDA devices (Total VRAM: 8110 MiB):
  Device 0: NVIDIA GeForce GTX 1070, compute capability 6.1, VMM: yes, VRAM: 8110 MiB
Available devices:
  CUDA0: NVIDIA GeForce GTX 1070 (8110 MiB, 8000 MiB free)
"""


@pytest.mark.parametrize(
    ("architectures", "capability", "fits"),
    [
        (BUILT, (6, 1), False),
        (BUILT, (7, 0), False),
        (BUILT, (7, 5), True),
        (BUILT, (8, 7), True),
        (BUILT, (12, 1), True),
        ("61", (6, 1), True),
        ("90a", (9, 0), True),
        ("90a", (10, 0), False),
        ("100f", (10, 3), True),
        ("100f", (12, 0), False),
    ],
)
def test_code_runs_on_its_own_generation_and_newer_ones(
    architectures: str, capability: tuple[int, int], fits: bool
) -> None:
    assert runs(architectures, *capability) is fits


def test_a_gpu_older_than_what_is_compiled_in_is_refused_with_the_setting_that_mends_it() -> None:
    with pytest.raises(CheckError) as raised:
        verify("image", BUILT, 0, LISTED)
    assert "NVIDIA GeForce GTX 1070 has compute capability 6.1" in str(raised.value)
    assert f"pulumi config set imageCudaArchitectures '61;{BUILT}'" in str(raised.value)


@pytest.mark.parametrize("architectures", ["", "61;75"])
def test_a_gpu_that_is_compiled_for_or_an_image_of_others_passes(architectures: str) -> None:
    assert verify("image", architectures, 0, LISTED).startswith("CUDA0: NVIDIA GeForce GTX 1070")


@pytest.mark.parametrize(
    ("gpus", "wanted"),
    [
        ("all", "driver=nvidia,count=all"),
        ("2", "driver=nvidia,count=2"),
        ("GPU-1,GPU-2", 'driver=nvidia,"device=GPU-1,GPU-2"'),
    ],
)
def test_the_engine_is_asked_for_the_same_gpus_as_the_server(gpus: str, wanted: str) -> None:
    asked = command("sha256:image", gpus)
    assert asked[asked.index("--gpus") + 1] == wanted
    assert asked[-2:] == ["sha256:image", "--list-devices"]


def test_the_missing_toolkit_is_named_with_its_package_and_its_page() -> None:
    with pytest.raises(CheckError) as raised:
        verify("image", BUILT, 125, 'could not select device driver "nvidia" with capabilities: [[gpu]]')
    assert "package nvidia-container-toolkit" in str(raised.value)
    assert "https://docs.nvidia.com/" in str(raised.value)
    assert "nvidia-ctk runtime configure --runtime=docker" in str(raised.value)


def test_a_listed_cuda_device_passes() -> None:
    output = "Available devices:\n  CUDA0: NVIDIA L4 (23034 MiB, 22000 MiB free)\n"
    assert verify("image", BUILT, 0, output) == "CUDA0: NVIDIA L4 (23034 MiB, 22000 MiB free)"


@pytest.mark.parametrize(
    ("returncode", "output", "says"),
    [
        (
            125,
            'could not select device driver "nvidia" with capabilities: [[gpu]]',
            "nvidia-container-toolkit",
        ),
        (125, "docker: Cannot connect to the Docker daemon at tcp://gpu.test:2376.", "docker:host"),
        (1, "error during connect: ssh: connect to host gpu.test port 22: refused", "DOCKER_HOST"),
        (125, "nvidia-container-cli: device error: 7: unknown device: unknown", "serverGpus to all"),
        (
            125,
            "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update your driver",
            "(?s)Update the driver.*imageCudaDevelBase.*imageCudaRuntimeBase",
        ),
        (0, "Available devices:\n", "sees no CUDA device"),
    ],
)
def test_without_a_gpu_the_message_says_what_to_do(returncode: int, output: str, says: str) -> None:
    with pytest.raises(CheckError, match=says) as raised:
        verify("image", BUILT, returncode, output)
    assert output.strip() in str(raised.value)
