"""Pushes an image of the Docker engine to a registry, and prints the name by which a cluster pulls exactly it.

Run as `python3 -m components.commands.image_push` with IMAGE_PUSH_IMAGE, an image's id, and IMAGE_PUSH_NAME, the name
and tag that it gets in the registry, in the environment. The `docker` command's own login is used.
"""

from __future__ import annotations

import json
import os
import sys

from components.engine.docker_cli import answer, run, text
from components.errors import StackError
from components.program.entry import run_to_end, say

PUSH_SECONDS = 3600.0

_ADVICE = (
    (
        ("no basic auth credentials", "unauthorized", "authentication required", "denied"),
        "Log in where Docker's CLI keeps it (`docker login {registry}`), with a user who may push there.",
    ),
    (
        ("http: server gave HTTP response to HTTPS client",),
        "The registry speaks plain HTTP: name it in `insecure-registries` of the engine's daemon.json, or give it a "
        "certificate.",
    ),
    (
        ("no such host", "connection refused", "i/o timeout", "dial tcp"),
        "The Docker engine does not reach the registry: correct imageRegistry, or the network.",
    ),
    (("certificate", "x509"), "The Docker engine does not trust the registry's certificate."),
)
"""Words of docker (20.10 to 29), and what to do."""


def work() -> str:
    """Push as the environment says; return the image's name with its digest."""
    image, name = os.environ["IMAGE_PUSH_IMAGE"], os.environ["IMAGE_PUSH_NAME"]
    answer(["docker", "tag", image, name])
    say(f"pushing {name}")
    pushed = run(["docker", "push", "--quiet", name], seconds=PUSH_SECONDS, merge=True)
    if pushed.returncode != 0:
        raise StackError(refused(name, text(pushed.stdout)))
    return digest_name(name, json.loads(answer(["docker", "inspect", "--type", "image", name])))


def digest_name(name: str, inspected: list[dict[str, list[str]]]) -> str:
    """Return the name with the digest that the registry gave the image. Raises StackError where there is none."""
    repository = name.rpartition(":")[0]
    for one in inspected[0]["RepoDigests"]:
        if one.startswith(f"{repository}@"):
            return one
    raise StackError(
        f"{name} was pushed, but the Docker engine knows no digest of it. Run `pulumi up` again."
    )


def refused(name: str, said: str) -> str:
    """Return the message for a push that failed, with what docker `said`."""
    registry = name.partition("/")[0]
    advice = next((told for words, told in _ADVICE if any(one in said for one in words)), "")
    return f"The image could not be pushed as {name}: {said}\n{advice.format(registry=registry)}".rstrip()


if __name__ == "__main__":
    sys.exit(run_to_end(work))
