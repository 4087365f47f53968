"""Health on cuda: a server that has no GPU open is not healthy, whatever it answers.

No GPU is needed: the container has a device node of the name that NVIDIA's driver gives its own.
"""

import re

import pytest

from components.engine.docker_cli import run
from components.server.container import HOLDS_GPU

pytestmark = pytest.mark.sandbox

NODE = "mknod -m 0666 /dev/nvidia0 c 1 3"
"""A device that can be opened, under the name of the first GPU."""


def health(image: str, before: str) -> int:
    """Return the exit code of the look for a GPU in a container, as the server's own user, after `before` as root."""
    script = f'{before}; exec setpriv --reuid 10001 --regid 10001 --clear-groups bash -c "$LOOK"'
    options = ["--rm", "--user", "0:0", "--env", f"LOOK={HOLDS_GPU}", "--entrypoint", "bash"]
    return run(["docker", "run", *options, image, "-c", script]).returncode


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ("true", 1),
        # It is there, and nobody computes on it: the server went on without.
        (NODE, 1),
        (
            f"{NODE}; setpriv --reuid 10001 --regid 10001 --clear-groups sleep 60 7</dev/nvidia0 & {{ sleep 1; }}",
            0,
        ),
    ],
    ids=["none", "not in use", "in use"],
)
def test_only_a_process_with_a_gpu_open_makes_it_healthy(server_image: str, before: str, code: int) -> None:
    assert health(server_image, before) == code


def test_the_look_needs_nothing_but_bash() -> None:
    assert set(re.findall(r"[a-z]{3,}", HOLDS_GPU)) <= {
        "for",
        "done",
        "proc",
        "dev",
        "gpu",
        "nvidia",
        "nvidiactl",
        "dxg",
        "exit",
    }
