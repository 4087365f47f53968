"""Runs the `docker` command, so that it asks the engine that the provider asks (`address`).

The command knows every way to an engine, also one on another host (DOCKER_HOST).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping

from components.engine.address import docker_environment
from components.engine.errors import EngineError, EngineTimeoutError
from components.program.stopping import ending_with_this

COMMAND_SECONDS = 60
"""Seconds within which the engine must answer."""


def run(
    command: list[str],
    given: bytes = b"",
    seconds: float = COMMAND_SECONDS,
    *,
    merge: bool = False,
    told: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the `docker` command with `given` as its input; with `merge`, errors are part of its output.

    `told` is the environment that the stack sets to reach its engine; it overrides this process's own environment.
    Raises EngineError where there is no such command, and EngineTimeoutError after `seconds`.
    """
    try:
        with docker_environment({**os.environ, **(told or {})}) as environment:
            return subprocess.run(
                command,
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                timeout=seconds,
                check=False,
                env=environment,
                preexec_fn=ending_with_this(),
            )
    except FileNotFoundError as error:
        raise EngineError(
            "The `docker` command is not on PATH, and this update works through it: install Docker's CLI."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise EngineTimeoutError(f"`{' '.join(command[:3])}` did not end within {seconds:.0f} s.") from error


def answer(
    command: list[str], seconds: float = COMMAND_SECONDS, *, told: Mapping[str, str] | None = None
) -> str:
    """Return what the `docker` command prints; raise EngineError, with its own words, where it fails, as `run` does."""
    done = run(command, seconds=seconds, told=told)
    if done.returncode != 0:
        raise EngineError(text(done.stderr))
    return text(done.stdout)


def text(output: bytes) -> str:
    """Return what a command has written, without white space around it."""
    return output.decode(errors="replace").strip()


def one_off(
    image: str,
    program: list[str],
    *,
    user: str,
    volume: str,
    capabilities: Iterable[str] = (),
    variables: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the command that runs `program` in a container of `image`, with its standard input, and then removes it.

    It runs as `user`, sees `volume` (NAME:FOLDER, or NAME:FOLDER:ro to read only) and the environment `variables`,
    and has no right but `capabilities`.
    """
    container = ["docker", "run", "--rm", "--interactive", "--network", "none", "--read-only", "--user", user]
    container += ["--security-opt", "no-new-privileges", "--cap-drop", "ALL"]
    container += [f"--cap-add={name}" for name in capabilities]
    container += [f"--env={name}={value}" for name, value in (variables or {}).items()]
    entrypoint, *arguments = program
    return [*container, f"--volume={volume}", f"--entrypoint={entrypoint}", image, *arguments]
