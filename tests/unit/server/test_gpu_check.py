"""The GPU check: what it asks the engine, and what it makes of the answer."""

import pytest

from components.server.gpu_check import CheckError, command, verify


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
        (0, "Available devices:\n", "sees no CUDA device"),
    ],
)
def test_without_a_gpu_the_message_says_what_to_install(returncode: int, output: str, says: str) -> None:
    with pytest.raises(CheckError, match=says) as raised:
        verify("image", returncode, output)
    assert output.strip() in str(raised.value)
