"""Builds an image with the docker CLI, whose BuildKit client the engine's API has no replacement for in Python."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence

from sandbox.docker.cli import buildkit_cli
from sandbox.errors import SandboxError
from sandbox.providers.resource import Operation, ProviderError
from sandbox.providers.values import Properties

TAIL_LINES = 40
REPORT_SECONDS = 2.0
"""Between two lines of the build that are shown: each is a line of its own where there is no terminal."""

RESERVED = re.compile(r"PATH|HOME|DOCKER_.*|BUILDKIT_HOST|LD_.*|SSH_AUTH_SOCK")
"""Environment variables that steer the CLI itself, so that a build argument cannot be handed over in them."""


def build(name: str, options: Properties, host: str, operation: Operation) -> None:
    """Build the image `name` from the SDK's `build` options on the engine at `host`.

    The values of build arguments travel in the environment, never in the process's arguments. Log lines are shown as
    they come. Raises ProviderError with the log's end when the build fails.
    """
    arguments: dict[str, str] = options.get("args", {})
    reserved = sorted(argument for argument in arguments if RESERVED.fullmatch(argument))
    if reserved:
        raise ProviderError(
            f"the docker stand-in cannot pass a build argument named {', '.join(reserved)}: rename it"
        )
    buildkit = options.get("builderVersion", "BuilderBuildKit") == "BuilderBuildKit"
    cli = _docker_cli(buildkit=buildkit)
    environment = {
        **os.environ,
        **arguments,
        "DOCKER_HOST": host,
        "DOCKER_BUILDKIT": "1" if buildkit else "0",
    }
    _run([cli, *_command(name, options, buildkit=buildkit)], environment, operation)


def _command(name: str, options: Properties, *, buildkit: bool) -> list[str]:
    command = ["build", "--tag", name, "--file", options["dockerfile"]]
    if buildkit:
        command.append("--progress=plain")
    for argument in sorted(options.get("args", {})):
        command += ["--build-arg", argument]
    for option in ("target", "platform", "network"):
        if options.get(option):
            command += [f"--{option}", options[option]]
    for entry in options.get("addHosts", []):
        command += ["--add-host", entry]
    for image in (options.get("cacheFrom") or {}).get("images", []):
        command += ["--cache-from", image]
    return [*command, options["context"]]


def _run(command: Sequence[str], environment: dict[str, str], operation: Operation) -> None:
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    watcher = threading.Thread(target=_stop_when_cancelled, args=(process, operation), daemon=True)
    watcher.start()
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    shown = 0.0
    for line in process.stdout or ():
        text = line.rstrip()
        if not text:
            continue
        tail.append(text)
        if time.monotonic() - shown >= REPORT_SECONDS:
            operation.report("info", text, True)
            shown = time.monotonic()
    code = process.wait()
    if operation.cancelled.is_set():
        raise ProviderError("the image's build was cancelled")
    if code != 0:
        raise ProviderError(
            f"the image's build failed (exit code {code}); the end of its log:\n" + "\n".join(tail)
        )


def _stop_when_cancelled(process: "subprocess.Popen[str]", operation: Operation) -> None:
    while process.poll() is None:
        if operation.cancelled.wait(0.5):
            try:
                os.killpg(process.pid, signal.SIGINT)
            except ProcessLookupError:
                return
            return


def _docker_cli(*, buildkit: bool) -> str:
    """Return a docker CLI that can do the build. Raises ProviderError when there is none."""
    try:
        cli = buildkit_cli() if buildkit else shutil.which("docker")
    except SandboxError as error:
        raise ProviderError(str(error)) from error
    if cli is None:
        raise ProviderError(
            "the docker CLI is not installed, and building an image needs it (Debian: docker.io)"
        )
    return cli
