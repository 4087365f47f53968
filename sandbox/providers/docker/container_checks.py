"""What the official provider's own checks of `docker.Container` refuse, beyond unknown names and wrong types."""

import re
from collections.abc import Iterator

from sandbox.providers.checking import Failure
from sandbox.providers.docker.go_duration import nanoseconds
from sandbox.providers.values import Properties, Unknown

PATTERNS = {
    "restart": r"no|on-failure|always|unless-stopped",
    "cpuSet": r"\d+([,-]\d+)*",
}


def container_failures(inputs: Properties) -> Iterator[Failure]:
    """Yield what the official provider's own checks refuse."""
    for name, pattern in PATTERNS.items():
        value = inputs.get(name)
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            yield Failure(name, f"does not match {pattern}")
    check = inputs.get("healthcheck")
    for name in ("interval", "timeout", "startPeriod", "startInterval"):
        value = check.get(name) if isinstance(check, dict) else None
        if isinstance(value, str):
            try:
                nanoseconds(value)
            except ValueError as error:
                yield Failure(f"healthcheck.{name}", str(error))
    if "gpus" in inputs and "deviceRequests" in inputs:
        yield Failure("gpus", "conflicts with deviceRequests: set one of the two")
    mounts = inputs.get("mounts", [])
    for index, mount in enumerate([] if isinstance(mounts, Unknown) else mounts):
        kind = mount.get("type") if isinstance(mount, dict) else None
        if isinstance(kind, str) and kind not in {"bind", "volume", "tmpfs"}:
            yield Failure(f"mounts[{index}].type", "must be bind, volume or tmpfs")
