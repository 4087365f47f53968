"""Copies a model file into a volume of the Docker engine, which may be on another host, and verifies it there.

Run as `python3 -m components.commands.model_delivery` with MODEL_DELIVERY_* in the environment. A volume that holds the
file already is left alone. The file appears under its name only when it is whole.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.engine.address import docker_environment
from components.engine.docker_cli import one_off, run, text
from components.program.entry import run_to_end, say
from components.program.errors import DeliveryError
from components.program.stopping import ending_with_this
from components.say import Say

TOLD_EVERY = 10.0
"""Seconds between two lines of progress."""

CHUNK = 4 * 1024 * 1024
VERIFY_SECONDS = 600

# The image of the server has what these need: a shell and coreutils.
_IS_THERE = 'cd /models && echo "$SHA256  $FILE" | sha256sum --check --status'
_RECEIVE = (
    'cd /models && cat >"$FILE.partial" && echo "$SHA256  $FILE.partial" | sha256sum --check --status '
    '&& chmod 0644 "$FILE.partial" && mv "$FILE.partial" "$FILE"'
)


@dataclass(frozen=True)
class Delivery:
    """What to copy: `source` on this machine becomes `file` in `volume`; a container of `image` receives it."""

    source: Path
    file: str
    sha256: str
    volume: str
    image: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Delivery:
        """Read the delivery from MODEL_DELIVERY_* variables."""
        return cls(
            source=Path(environment["MODEL_DELIVERY_SOURCE"]),
            file=environment["MODEL_DELIVERY_FILE"],
            sha256=environment["MODEL_DELIVERY_SHA256"],
            volume=environment["MODEL_DELIVERY_VOLUME"],
            image=environment["MODEL_DELIVERY_IMAGE"],
        )

    def command(self, script: str, *, writable: bool) -> list[str]:
        """Return the command that runs `script` where the volume is seen as /models."""
        return one_off(
            self.image,
            ["sh", "-c", script],
            user="0:0",  # a new volume belongs to root
            volume=f"{self.volume}:/models:{'rw' if writable else 'ro'}",
            variables={"FILE": self.file, "SHA256": self.sha256},
        )


def deliver(delivery: Delivery, say: Say) -> str:
    """Copy the file unless it is there; return a line that says what was done. Raises DeliveryError and EngineError."""
    if run(delivery.command(_IS_THERE, writable=False), seconds=VERIFY_SECONDS).returncode == 0:
        return f"{delivery.file} is in volume {delivery.volume}"
    size = delivery.source.stat().st_size
    say(f"{delivery.file}: copying {size / 1e6:.0f} MB into volume {delivery.volume}")
    began = time.monotonic()
    with docker_environment(os.environ) as environment:
        process = subprocess.Popen(
            delivery.command(_RECEIVE, writable=True),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            preexec_fn=ending_with_this(),  # noqa: PLW1509 (it calls one function of the kernel)
        )
        _send(delivery, process, size, say)
        said = text(process.stderr.read()) if process.stderr else ""
        code = process.wait()
    if code != 0:
        raise DeliveryError(
            f"{delivery.file} did not arrive in volume {delivery.volume} of the Docker engine: "
            f"{said or 'what arrived has another SHA-256'}.\nCheck the connection to the engine and the room on its "
            "disk, and run `pulumi up` again."
        )
    return f"{delivery.file} is in volume {delivery.volume}, after {time.monotonic() - began:.0f} s"


def _send(delivery: Delivery, process: subprocess.Popen[bytes], size: int, say: Say) -> None:
    told = time.monotonic()
    sent = 0
    if process.stdin is None:  # never: it is a pipe
        return
    try:
        with delivery.source.open("rb") as file, process.stdin as pipe:
            while chunk := file.read(CHUNK):
                pipe.write(chunk)
                sent += len(chunk)
                if time.monotonic() - told >= TOLD_EVERY:
                    told = time.monotonic()
                    say(f"{delivery.file}: {sent / 1e6:.0f} of {size / 1e6:.0f} MB")
    except BrokenPipeError:
        return  # the receiver has ended, and says why


def work() -> str:
    """Deliver what the environment describes; return what was done."""
    try:
        return deliver(Delivery.from_environment(os.environ), say)
    except FileNotFoundError as error:
        raise DeliveryError(
            f"{error.filename or 'The model file'} is not there. On the machine that fetched it, `pulumi refresh` "
            "finds out, and `pulumi up` then fetches it again. On another one, "
            "`pulumi up --replace '**ModelFile::model'` fetches it there."
        ) from error


if __name__ == "__main__":
    sys.exit(run_to_end(work))
