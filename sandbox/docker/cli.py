"""Finds a docker CLI that can build with BuildKit, for the images that the sandbox builds itself."""

from components.image.build_cli import NoBuildKitError, find_build_cli
from sandbox.errors import SandboxError


def buildkit_cli(search_path: str | None = None) -> str:
    """Return the path of a docker CLI that builds with BuildKit when DOCKER_BUILDKIT=1 is set.

    Raises SandboxError if none on `search_path` (by default the PATH of this process) can.
    """
    try:
        return find_build_cli(search_path).program
    except NoBuildKitError as error:
        raise SandboxError(str(error)) from error
