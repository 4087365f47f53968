"""The gpu stack on a machine without a GPU: the engine's refusal, and what to do about it."""

from pathlib import Path

import pytest

from sandbox.preparation import Prepared
from tests.e2e.conftest import new_stack, remove_left_overs
from tests.e2e.test_stack_life import NO_HUB

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]


def test_a_preview_of_the_gpu_stack_shows_the_cuda_image_and_the_device_request(
    prepared: Prepared, tmp_path: Path
) -> None:
    stack = new_stack("e2e-gpu", tmp_path, prepared, device="cuda").with_environment(NO_HUB)

    shown = stack.preview("--diff")

    assert shown.exit_code == 0, shown.output
    assert "docker/Dockerfile.cuda" in shown.output
    assert "deviceRequests" in shown.output


def test_without_a_gpu_up_ends_with_the_refusal_of_the_engine_and_what_to_do(
    prepared: Prepared, tmp_path: Path, server_image: str
) -> None:
    # The bases of the CUDA image may be out of reach; the engine refuses a GPU to any image alike.
    stack = new_stack(
        "e2e-gpu", tmp_path, prepared, device="cuda", imagePrebuilt=server_image, demoDocuments=False
    )

    stopped = stack.up(capture=True)

    assert stopped.exit_code != 0
    assert 'could not select device driver "nvidia"' in stopped.output
    assert "NVIDIA Container Toolkit" in stopped.output
    assert "Traceback" not in stopped.output
    again = stack.preview()
    changed = [line for line in again.output.splitlines() if ":Container" in line and "create" not in line]
    assert changed == [], "what came up is to be changed"
    destroyed = stack.destroy(capture=True)
    assert destroyed.exit_code == 0, destroyed.output
    remove_left_overs("e2e-gpu")
