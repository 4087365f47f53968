"""What the official provider's own checks of `docker.Container` refuse, beyond unknown names and wrong types."""

import re
from collections.abc import Iterator

from sandbox.providers.checking import Failure
from sandbox.providers.docker.go_duration import nanoseconds
from sandbox.providers.values import Properties, Unknown

RESTART = r"no|on-failure|always|unless-stopped"


def container_failures(inputs: Properties) -> Iterator[Failure]:
    """Yield what the official provider's own checks refuse."""
    restart = inputs.get("restart")
    if isinstance(restart, str) and not re.fullmatch(RESTART, restart):
        yield Failure("restart", f"does not match {RESTART}")
    check = inputs.get("healthcheck")
    for name in ("interval", "timeout", "startPeriod"):
        value = check.get(name) if isinstance(check, dict) else None
        if isinstance(value, str):
            try:
                nanoseconds(value)
            except ValueError as error:
                yield Failure(f"healthcheck.{name}", str(error))
    mounts = inputs.get("mounts", [])
    for index, mount in enumerate([] if isinstance(mounts, Unknown) else mounts):
        kind = mount.get("type") if isinstance(mount, dict) else None
        if isinstance(kind, str) and kind not in {"bind", "volume", "tmpfs"}:
            yield Failure(f"mounts[{index}].type", "must be bind, volume or tmpfs")
