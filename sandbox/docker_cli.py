"""Finds a docker CLI that can build with BuildKit, for the images that the sandbox builds itself."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import SandboxError

EMBEDDED_BUILDKIT_UNTIL = 23
"""From this release on the CLI builds with BuildKit only through the buildx plugin."""

ANSWER_SECONDS = 20


def buildkit_cli(search_path: str | None = None) -> str:
    """Return the path of a docker CLI which builds with BuildKit when DOCKER_BUILDKIT=1 is in its environment.

    Every `docker` on `search_path` (the PATH of this process by default) is asked, in its order: one whose own
    BuildKit client is built in (releases before 23), or one that has the buildx plugin.

    Raises SandboxError where none of them can.
    """
    found: list[str] = []
    for program in _programs(os.environ.get("PATH", "") if search_path is None else search_path):
        version = _answer(program, "--version")
        release = re.search(r"\bversion (\d+)\.", version)
        if release and int(release[1]) < EMBEDDED_BUILDKIT_UNTIL:
            return program
        if release and "buildx" in _answer(program, "buildx", "version"):
            return program
        found.append(f"{program} ({version or 'does not start'})")
    seen = f" These were found, without the buildx plugin: {', '.join(found)}." if found else ""
    raise SandboxError(
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
