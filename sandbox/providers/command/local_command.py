"""`command.local.Command`: a command that runs on create, update and delete (pulumi-command, provider/local)."""

import os
import secrets
import subprocess
import threading
from typing import IO, ClassVar

from sandbox.providers.resource import Created, Live, Operation, ProviderError, Resource, named
from sandbox.providers.values import Properties

STDOUT_VARIABLE = "PULUMI_COMMAND_STDOUT"
STDERR_VARIABLE = "PULUMI_COMMAND_STDERR"


class Command(Resource):
    """A command. A change of `triggers` replaces it; every other one runs `update`, or `create` where there is none."""

    token: ClassVar[str] = "command:local:Command"  # noqa: S105 (a type, not a secret)
    implemented = named("create update delete environment triggers")
    updatable = implemented - {"triggers"}
    recomputed = True

    def create(self, inputs: Properties, operation: Operation) -> Created:
        identifier = f"{operation.name}{secrets.token_hex(4)}"
        command = inputs.get("create")
        outputs = {"stdout": "", "stderr": ""} if command is None else _run(command, inputs, {}, operation)
        return Created(identifier, outputs)

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        """Return the command as it was last run: the official provider has nothing to look at either."""
        return Live(identifier, {}, {})

    def update(
        self,
        identifier: str,
        old: Properties,
        new: Properties,
        computed: Properties,
        operation: Operation,
    ) -> Properties:
        command = new.get("update", new.get("create"))
        return computed if command is None else _run(command, new, computed, operation)

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        if "delete" in inputs:
            _run(inputs["delete"], inputs, computed, operation)


def _run(command: str, inputs: Properties, previous: Properties, operation: Operation) -> Properties:
    """Run one command to its end and return its standard output and error, without a last line break.

    Raises ProviderError with all that it wrote when it fails.
    """
    try:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            env=_environment(inputs, previous),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ProviderError(f"the command could not be started: {error}") from error
    stdout, stderr, both = _communicate(process, operation)
    if process.returncode != 0:
        ended = f"exit status {process.returncode}" if process.returncode > 0 else "signal: killed"
        raise ProviderError(f"{ended}: running {command!r}:\n{both}")
    return {"stdout": stdout.removesuffix("\n"), "stderr": stderr.removesuffix("\n")}


def _environment(inputs: Properties, previous: Properties) -> dict[str, str]:
    environment = {**os.environ, **inputs.get("environment", {})}
    if previous.get("stdout"):
        environment[STDOUT_VARIABLE] = previous["stdout"]
    if previous.get("stderr"):
        environment[STDERR_VARIABLE] = previous["stderr"]
    return environment


def _communicate(process: "subprocess.Popen[str]", operation: Operation) -> tuple[str, str, str]:
    """Return standard output, standard error, and both as they came; when cancelled, kill the process alone."""
    outputs: tuple[list[str], list[str]] = ([], [])
    both: list[str] = []

    def read(stream: IO[str], lines: list[str]) -> None:
        for line in stream:
            lines.append(line)
            both.append(line)
            operation.report("info", line.rstrip("\n"), True)

    streams = zip((process.stdout, process.stderr), outputs, strict=True)
    readers = [threading.Thread(target=read, args=parts, daemon=True) for parts in streams]
    for reader in readers:
        reader.start()
    while process.poll() is None:
        if operation.cancelled.wait(0.02):
            # What it has started lives on, and holds the pipes that are read to their end below.
            process.kill()
            process.wait()
    for reader in readers:
        reader.join()
    return "".join(outputs[0]), "".join(outputs[1]), "".join(both)
