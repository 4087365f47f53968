"""Puts a secret into a file of a volume, for a container to read: logs show a container's environment in clear.

Run as `python3 -m components.commands.secret_delivery` with SECRET_DELIVERY_* in the environment; prints the name of
the file. Another secret gets another file. Files that containers use stay: a container that still serves after failed
updates must be able to start again. A secret that is there already keeps its file's name, so that nothing else
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

from components.engine.docker_cli import one_off, run, text
from components.engine.errors import EngineError
from components.engine.info import inspect_containers, inspect_image
from components.program.entry import run_to_end
from components.program.errors import DeliveryError

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

FAILED = (
    "A secret could not be written into volume {volume} of the Docker engine: {reason}\n"
    "Check the connection to the engine and the room on its disk, and run `pulumi up` again."
)


@dataclass(frozen=True)
class Delivery:
    """The secret, and the volume that gets a file with it.

    A container of `image` receives it, and only `owner` may read it: a user and group as in `chown`, empty for the user
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
        return one_off(
            self.image,
            ["sh", "-c", _RECEIVE],
            user="0:0",
            volume=f"{self.volume}:/secrets",
            capabilities=("CHOWN", "DAC_OVERRIDE"),
            variables={"OWNER": owner, "NAME": name, "KEPT": " ".join(sorted({self.before, *kept}))},
        )


def deliver(delivery: Delivery) -> str:
    """Write the secret; return the name of its file in the volume. Raises DeliveryError."""
    name = f"secret-{secrets.token_hex(RANDOM_BYTES)}"
    try:
        owner = delivery.owner or _user_of(delivery.image)
        done = run(delivery.command(owner, name, _used(delivery.volume)), delivery.content.encode())
    except EngineError as error:
        raise DeliveryError(FAILED.format(volume=delivery.volume, reason=error)) from error
    if done.returncode != 0:
        raise DeliveryError(FAILED.format(volume=delivery.volume, reason=text(done.stderr)))
    return text(done.stdout)


def _used(volume: str) -> set[str]:
    """Return the files that containers with the volume use, named by an argument or a variable."""
    return set(FILE.findall(json.dumps(inspect_containers("--all", "--filter", f"volume={volume}"))))


def _user_of(image: str) -> str:
    """Return the user that the image runs as, root where it names none."""
    return str((inspect_image(image).get("Config") or {}).get("User") or "0:0")


def work() -> str:
    """Deliver what the environment describes; return the name of the file."""
    return deliver(Delivery.from_environment(os.environ))


if __name__ == "__main__":
    sys.exit(run_to_end(work))
