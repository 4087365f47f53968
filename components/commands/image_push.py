"""Pushes an image of the Docker engine to a registry, and prints the name by which everybody pulls exactly it.

Run as `python3 -m components.commands.image_push` with IMAGE_PUSH_IMAGE, a name or id in the engine, and
IMAGE_PUSH_NAME, as REGISTRY/NAME:TAG, in the environment. The login is that of the `docker` command.
"""

from __future__ import annotations

import os
import re
import sys

from components.engine.docker_cli import answer, run, text
from components.errors import StackError
from components.program.entry import run_to_end, say
from components.say import Say

PUSH_SECONDS = 3600.0
"""Seconds that a push gets: an image for CUDA has gigabytes, which may go through a thin line."""

LINES_SHOWN = 8
"""How many of the last lines are shown if a push fails."""

_DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})")

# Words of Docker 20 to 29 and of registries, the more telling ones first.
_ADVICE = (
    (
        r"server gave HTTP response to HTTPS client",
        'The registry speaks plain HTTP, which Docker uses only if told: name it in "insecure-registries" of the '
        "engine's daemon.json, and tell the nodes of the cluster too; or give the registry a certificate.",
    ),
    (
        r"x509:|certificate",
        "The engine does not trust the registry's certificate: put the certificate of who has signed it into "
        "/etc/docker/certs.d/{registry}/ca.crt on the engine's machine.",
    ),
    (
        r"no basic auth credentials|[Aa]uthentication required|unauthorized|incorrect username or password|"
        r"error getting credentials",
        "Log in, as the user who runs `pulumi up`: `docker login {registry}`.",
    ),
    (
        r"denied|forbidden|insufficient_scope|403",
        "Who is logged in may not push there: `docker login {registry}` as one who may, or correct imageRegistry.",
    ),
    (
        r"name unknown|does not exist|not found|404",
        "The registry has no such repository, and makes none by itself: create it there, or correct imageRegistry.",
    ),
    (
        r"no such host|connection refused|i/o timeout|no route to host|unreachable|Client\.Timeout|TLS handshake|"
        r"deadline exceeded|EOF",
        "The Docker engine, which may be on another machine, does not reach it: correct imageRegistry, or start the "
        "registry; a proxy is a setting of the engine.",
    ),
    (
        r"invalid reference format|must be lowercase|not a valid repository",
        "That is no name of an image: correct imageRegistry, which is a host, then a path in lower case.",
    ),
    (
        r"413|[Tt]oo [Ll]arge",
        "The registry, or a proxy before it, takes no layer of this size: raise its limit.",
    ),
    (r"[Nn]o space left|[Qq]uota", "The registry has no room left: remove old images there."),
)


class PushError(StackError):
    """An image was not pushed; the message says why, and what to do."""


def push(image: str, name: str, say: Say) -> str:
    """Push an image of the engine as REGISTRY/NAME:TAG; return REGISTRY/NAME@DIGEST.

    Raises PushError, and EngineError where the engine does not answer. What is there already is not sent again.
    """
    tagged = run(["docker", "tag", image, name], merge=True)
    if tagged.returncode != 0:
        raise PushError(describe_failure(name, text(tagged.stdout)))
    say(f"pushing {name}")
    pushed = run(["docker", "push", name], seconds=PUSH_SECONDS, merge=True)
    said = text(pushed.stdout)
    if pushed.returncode != 0:
        raise PushError(describe_failure(name, said))
    repository = _repository(name)
    # What the push says comes first: the engine may know digests of earlier images by this name.
    found = _DIGEST.findall(said) or _known_digests(name, repository)
    if not found:
        raise PushError(
            f"{name} was pushed, and neither the push nor the engine tells its digest: pull it once on the engine "
            f"(`docker pull {name}`), and run `pulumi up` again."
        )
    return f"{repository}@{found[-1]}"


def describe_failure(name: str, said: str) -> str:
    """Say that an image was not pushed, what to do if that is known, and what Docker said."""
    # Most lines of a push tell of layers that wait or are there.
    lines = [line for line in said.splitlines() if line.strip()][-LINES_SHOWN:]
    told = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
    known = (advice for words, advice in _ADVICE if re.search(words, "\n".join(lines[-2:])))
    advice = next(known, "Correct imageRegistry, or what it says.").format(registry=name.partition("/")[0])
    return f"The image {name} could not be pushed. {advice} Then run `pulumi up` again. Docker says:\n{told}"


def _repository(name: str) -> str:
    """Return a name without its tag; the port of a registry is not one."""
    front, colon, tag = name.rpartition(":")
    return front if colon and "/" not in tag else name


def _known_digests(name: str, repository: str) -> list[str]:
    template = "{{range .RepoDigests}}{{println .}}{{end}}"
    known = answer(["docker", "image", "inspect", "--format", template, name]).split()
    return [one.partition("@")[2] for one in known if one.startswith(f"{repository}@")]


def work() -> str:
    """Push the image that the environment names; return by which name it is pulled."""
    return push(os.environ["IMAGE_PUSH_IMAGE"].strip(), os.environ["IMAGE_PUSH_NAME"].strip(), say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
