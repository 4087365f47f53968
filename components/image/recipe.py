"""What an image of the stack is built from, and the name that follows from it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.image.errors import RecipeError

CONTEXT = "docker"
"""Folder of the Dockerfiles, relative to the project: the whole and only context of a build."""

DIGITS = 12
"""How many digits of the recipe's digest are in the tag."""

_COPIED = re.compile(r"^COPY +(?!--from)(?:--\S+ +)*(\S+) +\S+$", re.MULTILINE)
_BOUND = re.compile(r"--mount=type=bind,source=([^,\s]+)")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """An image `image_name` of the stack with the id `owner`: `kind` is cpu, cuda or gateway.

    `dockerfile` is its path below the project; `arguments` are the build arguments, and `platform` is the one that the
    image is for, such as linux/amd64.
    """

    image_name: str
    owner: str
    kind: str
    dockerfile: str
    arguments: Mapping[str, str]
    platform: str


def full_name(recipe: Recipe, project: Path) -> str:
    """Return the image's name with its tag, KIND-DIGEST-OWNER, so that no two recipes and no two stacks share one.

    The digest covers what the build gets: arguments, platform, and name and bytes of each file. The path of
    `project`, its files' modes, and this machine are not part of it. Raises RecipeError for a file that can't be
    read.
    """
    given = {
        "arguments": dict(recipe.arguments),
        "platform": recipe.platform,
        "files": {name: _digest(project / CONTEXT / name) for name in _files(recipe, project)},
    }
    digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:DIGITS]
    return f"{recipe.image_name}:{recipe.kind}-{digest}-{recipe.owner}"


def copied_files(dockerfile: str) -> list[str]:
    """Return the files of the context that a Dockerfile's text copies or mounts, by their names or patterns in it."""
    return sorted({*_COPIED.findall(dockerfile), *_BOUND.findall(dockerfile)})


def _files(recipe: Recipe, project: Path) -> list[str]:
    file = project / recipe.dockerfile
    try:
        text = file.read_text()
    except OSError as error:
        raise _unreadable(file, error) from error
    context = project / CONTEXT
    copied = [name for pattern in copied_files(text) for name in _matching(context, pattern)]
    return [file.relative_to(context).as_posix(), *copied]


def _matching(context: Path, pattern: str) -> list[str]:
    """Return the files that a name or a pattern stands for; what stands for none is returned as it is."""
    return sorted(file.relative_to(context).as_posix() for file in context.glob(pattern)) or [pattern]


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> RecipeError:
    return RecipeError(
        f"{file}, from which an image of the stack is built, can't be read: {error.strerror}. Bring it back "
        f"(git checkout {CONTEXT}), and run this again."
    )
