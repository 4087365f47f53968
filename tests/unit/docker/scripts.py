"""Runs the scripts of the images, with programs of ours in place of compilers."""

import os
import subprocess
from pathlib import Path

from tests.unit.docker.dockerfile import FOLDER


def write_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def run(script: str, *arguments: str | Path, programs: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run docker/`script` with `programs` before those of this machine."""
    environment = {**os.environ, **env, "PATH": f"{programs}:{os.environ['PATH']}"}
    return subprocess.run(
        [FOLDER / script, *arguments], env=environment, capture_output=True, text=True, check=False
    )
