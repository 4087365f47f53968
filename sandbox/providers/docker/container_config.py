"""Turns the inputs of `docker.Container` into what the engine's `POST /containers/create` takes.

The rules are those of terraform-provider-docker, resource_docker_container_funcs.go and _structures.go.
"""

from typing import Any

from sandbox.providers.docker.engine import labels_to_map
from sandbox.providers.docker.go_duration import nanoseconds
from sandbox.providers.resource import ProviderError
from sandbox.providers.values import Properties

MEGABYTE = 1024 * 1024

CONFIG = {"envs": "Env", "command": "Cmd", "user": "User"}
"""Inputs that the engine takes as they are, in the container's configuration."""

HOST_CONFIG = {
    "readOnly": "ReadonlyRootfs",
    "tmpfs": "Tmpfs",
    "networkMode": "NetworkMode",
    "securityOpts": "SecurityOpt",
    "cpuPeriod": "CpuPeriod",
    "cpuQuota": "CpuQuota",
    "cpuShares": "CpuShares",
}
"""Inputs that the engine takes as they are, in the configuration that concerns the host."""


def body(inputs: Properties) -> dict[str, Any]:
    """Return the request's JSON. Raises ProviderError for what the official provider refuses as well."""
    if "" in inputs.get("command", []):
        raise ProviderError("values for command may not be empty")
    config = {name: inputs[key] for key, name in CONFIG.items() if key in inputs}
    config |= {"Image": inputs["image"], "Labels": labels_to_map(inputs.get("labels"))}
    if inputs.get("ports"):
        config["ExposedPorts"] = {_port_key(port): {} for port in inputs["ports"]}
    if "healthcheck" in inputs:
        config["Healthcheck"] = health_config(inputs["healthcheck"])
    return {**config, "HostConfig": _host_config(inputs)}


def _host_config(inputs: Properties) -> dict[str, Any]:
    host = {name: inputs[key] for key, name in HOST_CONFIG.items() if key in inputs}
    host.setdefault("NetworkMode", "bridge")
    host |= {
        "Memory": in_bytes(inputs.get("memory", 0)),
        "MemorySwap": in_bytes(inputs.get("memorySwap", 0)),
        "Init": False,
        "RestartPolicy": restart_policy(inputs),
        "LogConfig": {"Type": inputs.get("logDriver", ""), "Config": inputs.get("logOpts", {})},
        "Mounts": [_mount(mount) for mount in inputs.get("mounts", [])],
        "PortBindings": _port_bindings(inputs.get("ports", [])),
        "ExtraHosts": [f"{entry['host']}:{entry['ip']}" for entry in inputs.get("hosts", [])],
        "CapDrop": inputs.get("capabilities", {}).get("drops", []),
        "DeviceRequests": [_device_request(entry) for entry in inputs.get("deviceRequests", [])],
    }
    if inputs.get("cpus"):
        host["NanoCpus"] = _nano_cpus(inputs["cpus"])
    return host


def in_bytes(megabytes: int) -> int:
    """Return megabytes as bytes; a negative number means no limit and stays."""
    return megabytes * MEGABYTE if megabytes > 0 else megabytes


def restart_policy(inputs: Properties) -> dict[str, Any]:
    """Return the engine's restart policy."""
    return {"Name": inputs.get("restart", "no"), "MaximumRetryCount": 0}


def health_config(check: Properties) -> dict[str, Any]:
    """Return the engine's health check; durations in nanoseconds."""
    return {
        "Test": check.get("tests", []),
        "Interval": nanoseconds(check.get("interval", "0s")),
        "Timeout": nanoseconds(check.get("timeout", "0s")),
        "StartPeriod": nanoseconds(check.get("startPeriod", "0s")),
        "Retries": check.get("retries", 0),
    }


def _port_key(port: Properties) -> str:
    return f"{port['internal']}/tcp"


def _port_bindings(ports: list[Properties]) -> dict[str, list[dict[str, str]]] | None:
    """Return what is published where; nothing at all, which the engine keeps as null, where no port is."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        external = str(port["external"]) if port.get("external") else ""
        address = port.get("ip") or "0.0.0.0"  # noqa: S104 (the official provider's default)
        bindings.setdefault(_port_key(port), []).append({"HostIp": address, "HostPort": external})
    return bindings or None


def _mount(mount: Properties) -> dict[str, Any]:
    return {
        "Type": mount["type"],
        "Target": mount["target"],
        "Source": mount.get("source", ""),
        "ReadOnly": mount.get("readOnly", False),
    }


def _device_request(request: Properties) -> dict[str, Any]:
    return {
        "Driver": request.get("driver", "cdi"),
        "Count": request.get("count", 0),
        "DeviceIDs": request.get("deviceIds") or None,
        "Capabilities": [request.get("capabilities", [])],
        "Options": {},
    }


def _nano_cpus(cpus: str) -> int:
    try:
        return round(float(cpus) * 10**9)
    except ValueError as error:
        raise ProviderError(f"Error setting cpus: {cpus!r} is not a number") from error
