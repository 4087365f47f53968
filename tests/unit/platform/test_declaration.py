"""The choice of the platform, by the setting alone."""

import subprocess
import sys

import pytest

from components.platform.declaration import declare_platform
from components.platform.docker import DockerPlatform
from components.platform.kubernetes import KubernetesPlatform
from tests.unit.declared import declare
from tests.unit.kubernetes.stack import REGISTRY
from tests.unit.project import PROJECT_DIRECTORY, stack_settings


@pytest.mark.parametrize(
    ("stack", "changes", "chosen"),
    [
        ("cpu", {}, DockerPlatform),
        ("gpu", {}, DockerPlatform),
        ("k8s", {"imageRegistry": REGISTRY}, KubernetesPlatform),
    ],
)
def test_the_setting_chooses_the_platform(
    stack: str, changes: dict[str, object], chosen: type[object]
) -> None:
    made: list[object] = []

    def program() -> None:
        settings = stack_settings(stack, **changes)
        made.append(declare_platform(settings, f"jina-search-{stack}", f"jina-search-{stack}-0a1b2c"))

    declare(program, stack)
    assert [type(one) for one in made] == [chosen]


LOADED = """
import sys
from tests.unit.declared import declare_program
declare_program("cpu")
print([name for name in ("pulumi_docker", "pulumi_kubernetes") if name in sys.modules])
"""


def test_a_stack_on_docker_does_not_wait_for_the_sdk_of_kubernetes() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "['pulumi_docker']"
