"""The base of the server's image: pulled where a registry answers, else made by debootstrap."""

from pathlib import Path

from docker.client import DockerClient
from docker.errors import ImageNotFound

from sandbox.docker.debian_images import LABEL, ensure_debian
from sandbox.docker.registry import pull
from sandbox.machine.cache import Say
from sandbox.part import Part

NAME = "base image"


def ensure_base_image(cache: Path, say: Say, suite: str, image: str) -> Part:
    """Have the engine hold `image`, Debian `suite`, and tell whether it is the official one.

    Raises SandboxError when it can neither be pulled nor made.
    """
    if not _held(image) and not pull(cache, say, image):
        ensure_debian(cache, say, suite, image)
    if LABEL in DockerClient.from_env().images.get(image).labels:
        return Part(NAME, False, f"stand-in for {image}, made by debootstrap")
    return Part(NAME, True, image)


def _held(image: str) -> bool:
    try:
        DockerClient.from_env().images.get(image)
    except ImageNotFound:
        return False
    return True
