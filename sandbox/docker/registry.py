"""Pulls images from their registry where it can be reached."""

from pathlib import Path

from docker.client import DockerClient
from docker.errors import DockerException
from requests.exceptions import RequestException

from sandbox.machine.cache import Say
from sandbox.machine.refusals import refused_lately, remember

ANSWER_SECONDS = 20
PULL_SECONDS = 1800


def pull(cache: Path, say: Say, image: str) -> bool:
    """Pull `image`; return False, remembered for a day, where its registry does not hand it out."""
    key = f"image {image}"
    if refused_lately(cache, key):
        return False
    try:
        # Asking for the manifest first tells in seconds whether the minutes of a pull can succeed at all.
        DockerClient.from_env(timeout=ANSWER_SECONDS).images.get_registry_data(image)
        say(f"pulling {image} (up to some minutes)")
        repository, _, tag = image.rpartition(":")
        DockerClient.from_env(timeout=PULL_SECONDS).images.pull(repository, tag=tag)
    except (DockerException, RequestException):
        remember(cache, key)
        return False
    return True
