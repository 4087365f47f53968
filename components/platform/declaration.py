"""Chooses the platform: the one place that does."""

import pulumi

from components.platform.docker import DockerPlatform
from components.platform.interface import Platform
from components.platform.kubernetes import KubernetesPlatform
from components.settings import Settings


def declare_platform(settings: Settings, stack: str, stack_id: pulumi.Input[str]) -> Platform:
    """Declare what everything on the stack's platform needs; `stack` is its project and name, `stack_id` its id."""
    if settings.platform == "kubernetes":
        return KubernetesPlatform(settings, stack, stack_id)
    return DockerPlatform(settings, stack, stack_id)
