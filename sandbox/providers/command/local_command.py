"""`command.local.Command`: a command that runs on create, update and delete (pulumi-command, provider/local)."""

import os
import secrets
import subprocess
import threading
from collections.abc import Callable
from typing import IO, ClassVar

from sandbox.providers.checking import Failure
from sandbox.providers.resource import Created, Live, Operation, ProviderError, Resource
from sandbox.providers.values import Properties

STDOUT_VARIABLE = "PULUMI_COMMAND_STDOUT"
STDERR_VARIABLE = "PULUMI_COMMAND_STDERR"
SHELL = ["/bin/sh", "-c"]
INPUTS = frozenset(
    {
        "addPreviousOutputInEnv",
        "create",
        "delete",
        "dir",
        "environment",
        "interpreter",
        "logging",
        "stdin",
        "update",
    }
)


class Command(Resource):
    """A command. A change of `triggers` replaces it; every other one runs `update`, or `create` where there is none."""

    token: ClassVar[str] = "command:local:Command"  # noqa: S105 (a type, not a secret)
    updatable = INPUTS
    unsupported = frozenset({"assetPaths", "archivePaths"})
    recomputed = True

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:  # noqa: ARG002, D102
        return inputs, []

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: D102
        identifier = f"{operation.name}{secrets.token_hex(4)}"
        command = inputs.get("create")
        outputs = {"stdout": "", "stderr": ""} if command is None else _run(command, inputs, {}, operation)
        return Created(identifier, outputs)

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        """Return the command as it was last run: the official provider has nothing to look at either."""
        del inputs, operation
        return Live(identifier, {}, {})

    def update(  # noqa: D102
        self,
        identifier: str,  # noqa: ARG002
        old: Properties,  # noqa: ARG002
        new: Properties,
        computed: Properties,
        operation: Operation,
    ) -> Properties:
        command = new.get("update", new.get("create"))
        return computed if command is None else _run(command, new, computed, operation)

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:  # noqa: ARG002, D102
        if "delete" in inputs:
            _run(inputs["delete"], inputs, computed, operation)


def _run(command: str, inputs: Properties, previous: Properties, operation: Operation) -> Properties:
    """Run one command to its end and return its standard output and error, without a last line break.

    Raises ProviderError with all that it wrote when it fails.
    """
    try:
        process = subprocess.Popen(
            [*(inputs.get("interpreter") or SHELL), command],
            cwd=inputs.get("dir"),
            env=_environment(inputs, previous),
            stdin=subprocess.PIPE if inputs.get("stdin") else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ProviderError(f"the command could not be started: {error}") from error
    shown = inputs.get("logging", "stdoutAndStderr")
    stdout, stderr, both = _communicate(process, inputs.get("stdin"), _reporters(shown, operation), operation)
    if process.returncode != 0:
        ended = f"exit status {process.returncode}" if process.returncode > 0 else "signal: killed"
        raise ProviderError(f"{ended}: running {command!r}:\n{both}")
    return {"stdout": stdout.removesuffix("\n"), "stderr": stderr.removesuffix("\n")}


def _environment(inputs: Properties, previous: Properties) -> dict[str, str]:
    environment = {**os.environ, **inputs.get("environment", {})}
    if inputs.get("addPreviousOutputInEnv", True):
        if previous.get("stdout"):
            environment[STDOUT_VARIABLE] = previous["stdout"]
        if previous.get("stderr"):
            environment[STDERR_VARIABLE] = previous["stderr"]
    return environment


def _reporters(shown: str, operation: Operation) -> tuple[Callable[[str], None], Callable[[str], None]]:
    """Return what shows a line of standard output and what shows one of standard error, by the input `logging`."""

    def show(line: str) -> None:
        operation.report("info", line, True)

    def hide(line: str) -> None:
        del line

    return (
        show if shown in {"stdout", "stdoutAndStderr"} else hide,
        show if shown in {"stderr", "stdoutAndStderr"} else hide,
    )


def _communicate(
    process: "subprocess.Popen[str]",
    stdin: str | None,
    reporters: tuple[Callable[[str], None], Callable[[str], None]],
    operation: Operation,
) -> tuple[str, str, str]:
    """Return standard output, standard error, and both as they came; when cancelled, kill the process alone."""
    outputs: tuple[list[str], list[str]] = ([], [])
    both: list[str] = []

    def read(stream: IO[str], lines: list[str], report: Callable[[str], None]) -> None:
        for line in stream:
            lines.append(line)
            both.append(line)
            report(line.rstrip("\n"))

    streams = zip((process.stdout, process.stderr), outputs, reporters, strict=True)
    readers = [threading.Thread(target=read, args=parts, daemon=True) for parts in streams]
    for reader in readers:
        reader.start()
    if stdin and process.stdin:
        threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True).start()
    while process.poll() is None:
        if operation.cancelled.wait(0.02):
            # What it has started lives on, and holds the pipes that are read to their end below.
            process.kill()
            process.wait()
    for reader in readers:
        reader.join()
    return "".join(outputs[0]), "".join(outputs[1]), "".join(both)


def _feed(stream: IO[str], text: str) -> None:
    try:
        stream.write(text)
        stream.close()
    except BrokenPipeError:
        return  # the command ended without reading all of it
