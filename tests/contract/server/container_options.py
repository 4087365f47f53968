"""Turns what the component declares into a call of the docker engine, so that tests run the stack's own container."""

from collections.abc import Callable, Mapping
from typing import Any

from docker.types import LogConfig, Mount

from components.server.container import PORT
from sandbox.providers.docker.go_duration import nanoseconds

BY_THE_PROVIDER = {
    "name",
    "networkMode",
    "networksAdvanced",
    "wait",
    "waitTimeout",
    "mustRun",
    "destroyGraceSeconds",
}
"""Inputs for the provider, not the engine, and those that need a network of the stack."""

REPLACED = {"restart", "ports"}
"""What a test sets itself: a container that fails must stay so, and ports are free ones of loopback."""


def container_options(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `containers.run` of the docker package for a declared docker.Container.

    Raises KeyError for an input that this function does not know, so that a test cannot silently leave it out.
    """
    options: dict[str, Any] = {}
    for key, value in inputs.items():
        if key not in BY_THE_PROVIDER | REPLACED:
            options.update(CONVERSIONS[key](value))
    options["log_config"] = LogConfig(type=inputs["logDriver"], config=inputs["logOpts"])
    # Also where the stack publishes none, as for a server behind the gateway: tests ask each part itself.
    options["ports"] = {f"{PORT}/tcp": ("127.0.0.1", None)}
    return options


def _healthcheck(declared: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "healthcheck": {
            "test": declared["tests"],
            "retries": int(declared["retries"]),
            "interval": nanoseconds(declared["interval"]),
            "timeout": nanoseconds(declared["timeout"]),
            "start_period": nanoseconds(declared["startPeriod"]),
        }
    }


def _mounts(declared: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "mounts": [
            Mount(
                mount["target"], mount["source"], type=mount["type"], read_only=mount.get("readOnly", False)
            )
            for mount in declared
        ]
    }


CONVERSIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "image": lambda image: {"image": image},
    "command": lambda command: {"command": command},
    "envs": lambda envs: {"environment": envs},
    "mounts": _mounts,
    "labels": lambda labels: {"labels": {label["label"]: label["value"] for label in labels}},
    "hosts": lambda hosts: {"extra_hosts": {host["host"]: host["ip"] for host in hosts}},
    "healthcheck": _healthcheck,
    "readOnly": lambda read_only: {"read_only": read_only},
    "tmpfs": lambda tmpfs: {"tmpfs": tmpfs},
    "capabilities": lambda capabilities: {"cap_drop": capabilities["drops"]},
    "securityOpts": lambda options: {"security_opt": options},
    "cpuShares": lambda shares: {"cpu_shares": int(shares)},
    "logDriver": lambda _driver: {},
    "logOpts": lambda _options: {},
}
