"""Images in the docker engine: whether it holds one, and how it gets one from a registry that can be reached."""

from pathlib import Path

from docker.client import DockerClient
from docker.errors import DockerException, ImageNotFound
from docker.models.images import Image
from requests.exceptions import RequestException

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.refusals import refused_lately, remember

ANSWER_SECONDS = 20
TRANSFER_SECONDS = 1800


def held(image: str) -> Image | None:
    """Return the engine's `image`, None when it holds none of that name.

    Raises SandboxError when the engine does not answer.
    """
    try:
        found: Image = DockerClient.from_env().images.get(image)
    except ImageNotFound:
        return None
    except DockerException as error:
        raise SandboxError(
            f"The docker engine does not answer: {error}. Start it (dockerd), or set DOCKER_HOST."
        ) from error
    return found


def pull(cache: Path, say: Say, image: str) -> bool:
    """Pull `image` and return True; return False if its registry does not serve it, and remember that for a day."""
    key = f"image {image}"
    if refused_lately(cache, key):
        return False
    try:
        # Asking for the manifest first tells in seconds whether the minutes of a pull can succeed at all.
        DockerClient.from_env(timeout=ANSWER_SECONDS).images.get_registry_data(image)
        say(f"pulling {image} (up to some minutes)")
        repository, _, tag = image.rpartition(":")
        DockerClient.from_env(timeout=TRANSFER_SECONDS).images.pull(repository, tag=tag)
    except (DockerException, RequestException):
        remember(cache, key)
        return False
    return True


def load_root(archive: Path, image: str, changes: list[str]) -> None:
    """Import the root file system in the tar file `archive` as `image`; `changes` are lines of a Dockerfile.

    Raises SandboxError when the engine does not accept it.
    """
    repository, _, tag = image.rpartition(":")
    engine = DockerClient.from_env(timeout=TRANSFER_SECONDS)
    engine.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=changes)
    if held(image) is None:
        raise SandboxError(
            f"The docker engine did not import {archive} as {image}. "
            f"Delete {archive.parent} and run this again."
        )
