"""Finds a `docker` command that builds with BuildKit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.errors import StackError

EMBEDDED_BUILDKIT_UNTIL = 23
"""From this release on the command builds with BuildKit only through the buildx plugin."""

ANSWER_SECONDS = 20


class NoBuildKitError(StackError):
    """No `docker` command here builds with BuildKit; the message says what to install."""


@dataclass(frozen=True)
class BuildCli:
    """A `docker` command, and whether it builds through the buildx plugin instead of by itself."""

    program: str
    buildx: bool


def find_build_cli(search_path: str | None = None) -> BuildCli:
    """Return a command that builds with BuildKit when DOCKER_BUILDKIT=1 is in its environment.

    Every `docker` on `search_path` (the PATH of this process by default) is asked, in its order: one whose own
    BuildKit client is built in (releases before 23), or one that has the buildx plugin.

    Raises NoBuildKitError where none of them can.
    """
    found: list[str] = []
    for program in _programs(os.environ.get("PATH", "") if search_path is None else search_path):
        version = _answer(program, "--version")
        release = re.search(r"\bversion (\d+)\.", version)
        if release and int(release[1]) < EMBEDDED_BUILDKIT_UNTIL:
            return BuildCli(program, buildx=False)
        if release and "buildx" in _answer(program, "buildx", "version"):
            return BuildCli(program, buildx=True)
        found.append(f"{program} ({version or 'does not start'})")
    seen = f" These were found, without the buildx plugin: {', '.join(found)}." if found else ""
    raise NoBuildKitError(
        f"No docker CLI here can build with BuildKit.{seen} Install Debian's package docker.io, "
        "whose CLI has BuildKit built in, or the buildx plugin of the CLI that is here."
    )


def _programs(search_path: str) -> Iterator[str]:
    seen: set[Path] = set()
    for folder in search_path.split(os.pathsep):
        program = shutil.which("docker", path=folder) if folder else None
        if program and (resolved := Path(program).resolve()) not in seen:
            seen.add(resolved)
            yield program


def _answer(program: str, *arguments: str) -> str:
    """Return the first line that the program prints; empty when it fails, hangs or cannot be started."""
    try:
        answer = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.partition("\n")[0].strip()
