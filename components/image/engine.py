"""Asks the Docker engine about itself and its images, through the `docker` command."""

import os
from collections.abc import Mapping

from components.engine.docker_cli import EngineError, run
from components.image.errors import PlatformUnknownError

_WITHIN = 15.0
"""Seconds: a preview must not hang on an engine that does not answer."""

NO_SUCH_IMAGE = "no such image"


def engine_id(engine: Mapping[str, str]) -> str:
    """Return the id by which an engine is known; empty where none answers.

    `engine` is the environment that has the `docker` command ask the stack's engine.
    """
    answered, said = _ask(engine, "info", "--format", "{{.ID}}")
    return said if answered else ""


def has_image(name: str, engine: Mapping[str, str]) -> bool:
    """Tell whether the engine has an image; where that can't be known, it is taken to have it."""
    answered, said = _ask(engine, "image", "inspect", "--format", "{{.Id}}", name)
    return answered or NO_SUCH_IMAGE not in said.lower()


def platform(engine: Mapping[str, str]) -> str:
    """Return the engine's platform, such as linux/amd64. Raises PlatformUnknownError."""
    answered, said = _ask(engine, "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")
    if not answered:
        raise PlatformUnknownError(
            f"The platform of the Docker engine, for which images are built, can't be found out: {said}\n"
            "Start the engine, or correct its address (DOCKER_HOST, or the setting docker:host); or set imagePlatform, "
            "to linux/amd64 or linux/arm64."
        )
    return said


def _ask(engine: Mapping[str, str], *arguments: str) -> tuple[bool, str]:
    """Return whether the engine answered, and the answer, or else why not."""
    try:
        done = run(["docker", *arguments], seconds=_WITHIN, variables={**os.environ, **engine})
    except EngineError as error:
        return False, str(error)
    said = (done.stdout if done.returncode == 0 else done.stderr).decode(errors="replace").strip()
    return done.returncode == 0 and bool(said), said
