"""The GPU check: what it asks the engine, and what it makes of the answer."""

import pytest

from components.commands.gpu_check import CheckError, command, verify


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
        verify("image", 125, 'could not select device driver "nvidia" with capabilities: [[gpu]]')
    assert "package nvidia-container-toolkit" in str(raised.value)
    assert "https://docs.nvidia.com/" in str(raised.value)
    assert "nvidia-ctk runtime configure --runtime=docker" in str(raised.value)


def test_a_listed_cuda_device_passes() -> None:
    output = "Available devices:\n  CUDA0: NVIDIA L4 (23034 MiB, 22000 MiB free)\n"
    assert verify("image", 0, output) == "CUDA0: NVIDIA L4 (23034 MiB, 22000 MiB free)"


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
        (0, "Available devices:\n", "sees no CUDA device"),
    ],
)
def test_without_a_gpu_the_message_says_what_to_do(returncode: int, output: str, says: str) -> None:
    with pytest.raises(CheckError, match=says) as raised:
        verify("image", returncode, output)
    assert output.strip() in str(raised.value)
