"""Chooses the platform: the one place that does."""

import pulumi

from components.platform.interface import Platform
from components.settings import Settings


def declare_platform(settings: Settings, stack: str, stack_id: pulumi.Input[str]) -> Platform:
    """Declare what everything on the stack's platform needs; `stack` is its project and name, `stack_id` its id."""
    # Imported here: the SDK of a platform takes up to a second, and no stack needs both.
    if settings.platform == "kubernetes":
        from components.platform.kubernetes import KubernetesPlatform  # noqa: PLC0415

        return KubernetesPlatform(settings, stack, stack_id)
    from components.platform.docker import DockerPlatform  # noqa: PLC0415

    return DockerPlatform(settings, stack, stack_id)
