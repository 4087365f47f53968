"""Puts a secret into a file of a volume, for a container to read: its environment is in clear in logs.

Run as `python3 -m components.commands.secret_delivery` with SECRET_DELIVERY_* in the environment; prints the name of
the file. Another secret gets another file, and those that containers are told of stay: what still serves after updates
that failed must be able to start again. A secret that is there already keeps its file's name, so that nothing else
changes.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from components.engine.docker_cli import EngineError, run
from components.program.entry import ProgramError, run_to_end

RANDOM_BYTES = 4
FILE = re.compile(r"\bsecret-[0-9a-f]{8}\b")
"""The names that files get: two digits for each of the random bytes."""

# The image has what this needs: a shell and coreutils. A user's file with no right for anybody else is what
# Elasticsearch asks for, so a second look at it takes the right to read past that.
_RECEIVE = """
set -eu
umask 077
cd /secrets
given=$(cat)
for file in secret-*; do
    if [ -f "$file" ] && [ "$(cat "$file")" = "$given" ]; then NAME=$file; fi
done
printf %s "$given" >.new
chmod 0400 .new
chown "$OWNER" .new
mv .new "$NAME"
for file in secret-*; do
    case " $NAME $KEPT " in *" $file "*) ;; *) rm "$file" ;; esac
done
echo "$NAME"
"""


class DeliveryError(ProgramError):
    """The secret did not arrive; the message says why, and what to do."""


@dataclass(frozen=True)
class Delivery:
    """Which secret becomes a file of which volume.

    `image` is run to receive it, and `owner` alone may read it: a user and group as in `chown`, empty for the user
    that the image runs as. `before` is the name of the file of the delivery before, if any.
    """

    volume: str
    image: str
    owner: str
    before: str
    content: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Delivery:
        """Read the delivery from SECRET_DELIVERY_* variables, and what Pulumi knows of the one before."""
        return cls(
            volume=environment["SECRET_DELIVERY_VOLUME"],
            image=environment["SECRET_DELIVERY_IMAGE"],
            owner=environment.get("SECRET_DELIVERY_OWNER", ""),
            before=environment.get("PULUMI_COMMAND_STDOUT", "").strip(),
            content=environment["SECRET_DELIVERY_CONTENT"],
        )

    def command(self, owner: str, name: str, kept: Iterable[str]) -> list[str]:
        """Return the command that reads the secret from its standard input, and writes it as `name` for `owner`.

        It removes all other files but those that are `kept`.
        """
        container = ["docker", "run", "--rm", "--interactive", "--network", "none", "--user", "0:0"]
        container += ["--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE", "--read-only"]
        container += ["--security-opt", "no-new-privileges", "--volume", f"{self.volume}:/secrets"]
        container += ["--env", f"OWNER={owner}", "--env", f"NAME={name}"]
        container += ["--env", f"KEPT={' '.join(sorted({self.before, *kept}))}"]
        return [*container, "--entrypoint", "sh", self.image, "-c", _RECEIVE]


def deliver(delivery: Delivery) -> str:
    """Write the secret; return the name of its file in the volume. Raises DeliveryError and EngineError."""
    owner = delivery.owner or _user_of(delivery.image)
    name = f"secret-{secrets.token_hex(RANDOM_BYTES)}"
    done = run(delivery.command(owner, name, _used(delivery.volume)), delivery.content.encode())
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise DeliveryError(
            f"A secret could not be written into volume {delivery.volume} of the Docker engine: {said}\n"
            "Check the connection to the engine and the room on its disk, and run `pulumi up` again."
        )
    return done.stdout.decode().strip()


def _used(volume: str) -> set[str]:
    """Return the files that containers with the volume are told of, by an argument or a variable."""
    listed = run(["docker", "ps", "--all", "--quiet", "--filter", f"volume={volume}"])
    containers = listed.stdout.decode().split()
    if not containers:
        return set()
    # A container that has gone meanwhile fails the command, which describes the others all the same.
    described = run(["docker", "inspect", "--type", "container", *containers]).stdout.decode(errors="replace")
    return set(FILE.findall(described))


def _user_of(image: str) -> str:
    """Return the user that the image runs as, root where it names none."""
    done = run(["docker", "image", "inspect", image])
    if done.returncode != 0:
        raise EngineError(done.stderr.decode(errors="replace").strip())
    (found,) = json.loads(done.stdout)
    return str((found.get("Config") or {}).get("User") or "0:0")


def work() -> str:
    """Deliver what the environment describes; return the name of the file."""
    return deliver(Delivery.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
