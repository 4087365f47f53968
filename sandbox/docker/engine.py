"""The docker engine: the one that answers, or else Debian's, which is installed and started."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.client import DockerClient
from docker.errors import DockerException

from components.say import Say
from sandbox.docker.cli import buildkit_cli
from sandbox.errors import SandboxError
from sandbox.machine.apt import as_root, ensure_installed
from sandbox.part import Part

NAME = "docker engine"
PACKAGES = ("docker.io", "iptables")
BUILD_PLUGIN = "docker-buildx"
READY_SECONDS = 60.0
POLL_SECONDS = 0.25
LINES_SHOWN = 15

DENIED = """The docker engine at {host} is running, but this user may not use it ({error}).
Join its group and log in again:
  sudo usermod --append --groups docker "$USER"
or, for this shell alone: newgrp docker. Running as root works too."""

NOT_THERE = """No docker engine answers at {host}, the address that DOCKER_HOST names: {error}
Start that engine, correct DOCKER_HOST, or unset it to use the engine of this machine."""

ENDED = """dockerd, the docker engine, {what}. Its last lines ({log}):
{tail}
In a container it needs --privileged, on a machine a kernel with overlayfs and bridge networks. Start a docker engine
yourself, or set DOCKER_HOST to one elsewhere, and run this again."""


@dataclass(frozen=True)
class _Answer:
    """How an engine answered: with its version, or with an error; `denied` says that this user may not use it."""

    version: str = ""
    error: str = ""
    denied: bool = False


def ensure_engine(cache: Path, say: Say) -> Part:
    """Make sure that a docker engine answers at DOCKER_HOST or the usual socket, and that a CLI can build on it.

    Where no engine answers, Debian's is installed and started.

    Raises SandboxError when the engine refuses this user, DOCKER_HOST names one that is not there, or Debian's cannot
    be installed or started; the message ends with the last lines of dockerd's log, which is in the cache.
    """
    part = _engine(cache, say)
    _ensure_build_cli(cache / "docker-engine.log", say)
    return part


def _engine(cache: Path, say: Say) -> Part:
    host = os.environ.get("DOCKER_HOST", "")
    answer = _ask()
    if answer.version:
        return Part(NAME, True, f"{answer.version}, running at {host or 'the usual socket'}")
    if answer.denied:
        raise SandboxError(DENIED.format(host=host or "the usual socket", error=answer.error))
    if host:
        raise SandboxError(NOT_THERE.format(host=host, error=answer.error))
    log = cache / "dockerd.log"
    ensure_installed(cache / "docker-engine.log", say, *PACKAGES)
    answer = _ask()  # where there is a service manager the package has started it
    if not answer.version:
        say(f"starting dockerd (a few seconds); its log is {log}")
        answer = _start(log)
    return Part(NAME, True, f"{answer.version}, Debian's docker.io, started by the sandbox")


def _ensure_build_cli(log: Path, say: Say) -> None:
    """Make sure that a docker CLI can build with BuildKit: from release 23 on that takes a plugin, in its own package.

    Raises SandboxError, which says what to install, if none can and the package cannot be installed.
    """
    try:
        buildkit_cli()
    except SandboxError as lacking:
        try:
            ensure_installed(log, say, BUILD_PLUGIN)
        except SandboxError as refused:
            raise lacking from refused
        buildkit_cli()


def _ask() -> _Answer:
    try:
        client = DockerClient.from_env(timeout=20)
        version: dict[str, Any] = client.version()
        client.close()
    except (DockerException, OSError) as error:
        return _Answer(
            error=str(error), denied="PermissionError" in repr(error) or "Permission denied" in str(error)
        )
    return _Answer(version=str(version["Version"]))


def _start(log: Path) -> _Answer:
    """Start dockerd as root, apart from this process, and return its answer once it gives one."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
    began = log.stat().st_size
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*as_root(), "dockerd"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        answer = _ask()
        if answer.version:
            return answer
        if answer.denied:
            raise SandboxError(DENIED.format(host="the usual socket", error=answer.error))
        if process.poll() is not None:
            raise SandboxError(_failure(f"ended with exit code {process.returncode}", log, began))
        time.sleep(POLL_SECONDS)
    process.terminate()
    raise SandboxError(_failure(f"did not answer within {READY_SECONDS:.0f} s", log, began))


def _failure(what: str, log: Path, began: int) -> str:
    """Return the message for a dockerd that does not run, with what its log has after the byte `began`."""
    with log.open("rb") as stream:
        stream.seek(began)
        lines = stream.read().decode(errors="replace").splitlines()
    return ENDED.format(what=what, log=log, tail="\n".join(lines[-LINES_SHOWN:]) or "(nothing)")
