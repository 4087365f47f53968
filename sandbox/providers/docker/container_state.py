"""Reads the engine's description of a container into the state of `docker.Container`, as the official provider does.

The rules are those of terraform-provider-docker 4.5.0, resourceDockerContainerRead and what it calls. What it does not
read back (environment, labels, networks, and what concerns the operations alone) stays as it was asked for.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.providers.docker.container_config import MEGABYTE
from sandbox.providers.docker.go_duration import go_duration
from sandbox.providers.values import Properties

NANO = 10**9

CONFIG = {
    "hostname": "Hostname",
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "user": "User",
    "workingDir": "WorkingDir",
    "stopSignal": "StopSignal",
}
HOST_CONFIG = {
    "readOnly": "ReadonlyRootfs",
    "securityOpts": "SecurityOpt",
    "runtime": "Runtime",
    "tmpfs": "Tmpfs",
    "cpuShares": "CpuShares",
    "cpuSet": "CpusetCpus",
    "networkMode": "NetworkMode",
    "ipcMode": "IpcMode",
}
MEGABYTES = {
    "memory": "Memory",
    "memoryReservation": "MemoryReservation",
    "memorySwap": "MemorySwap",
    "shmSize": "ShmSize",
}


def read_state(container: dict[str, Any], before: Properties) -> Properties:
    """Return what is read of a `container`; some properties only if `before`, the inputs or the state, has them."""
    config, host = container["Config"], container["HostConfig"]
    settings = container.get("NetworkSettings") or {}
    log = host.get("LogConfig") or {}
    state: Properties = {
        **{name: config.get(key) for name, key in CONFIG.items()},
        **{name: host.get(key) for name, key in HOST_CONFIG.items()},
        **{name: _megabytes(host.get(key) or 0) for name, key in MEGABYTES.items()},
        "name": container["Name"].removeprefix("/"),
        # An image named by its id is compared by id, one named by a tag by that name.
        "image": container["Image"] if str(before.get("image")).startswith("sha256:") else config["Image"],
        "restart": (host.get("RestartPolicy") or {}).get("Name") or "",
        "init": bool(host.get("Init")),
        "logDriver": log.get("Type", ""),
        "mounts": [_mount(mount) for mount in host.get("Mounts") or []],
        "hosts": [_host(entry) for entry in host.get("ExtraHosts") or []],
        "bridge": settings.get("Bridge", ""),
        "networkDatas": [
            _network(name, one) for name, one in sorted((settings.get("Networks") or {}).items())
        ],
        **_whether_it_runs(container, before),
    }
    if "logOpts" in before:
        state["logOpts"] = log.get("Config") or {}
    if host.get("NanoCpus"):
        state["cpus"] = decimal_text(host["NanoCpus"])
    if host.get("CapDrop"):
        state["capabilities"] = {"drops": host["CapDrop"]}
    if config.get("Healthcheck"):
        state["healthcheck"] = _healthcheck(config["Healthcheck"])
    if before.get("deviceRequests"):
        state["deviceRequests"] = [_device_request(request) for request in host.get("DeviceRequests") or []]
    return {name: value for name, value in state.items() if value is not None}


def decimal_text(nano_cpus: int) -> str:
    """Return a number of CPUs as nanoInt64ToDecimalString does: "1.5" and "2.0", but also "10." and, of 0.01, "0.0"."""
    text = f"{Decimal(nano_cpus) / NANO:.9f}"
    if text.count("0") == len(str(NANO)) - 1:
        return f"{Decimal(nano_cpus) / NANO:.1f}"
    return text.rstrip("0")


def _whether_it_runs(container: dict[str, Any], before: Properties) -> Properties:
    """Return published ports, and whether a container that must run does: one that has ended publishes none."""
    running, must_run = container["State"]["Running"], before.get("mustRun", True)
    found: Properties = {} if running else {"exitCode": container["State"]["ExitCode"]}
    if not running and must_run:
        found["mustRun"] = False
    if before.get("ports") and (running or must_run):
        found["ports"] = _ports((container.get("NetworkSettings") or {}).get("Ports") or {})
    return found


def _ports(bindings: Mapping[str, list[dict[str, str]] | None]) -> list[Properties]:
    keys = sorted(bindings, key=lambda key: int(key.partition("/")[0]))
    return [
        {
            "internal": int(key.partition("/")[0]),
            "external": int(binding["HostPort"]),
            "ip": binding["HostIp"],
            "protocol": key.partition("/")[2],
        }
        for key in keys
        for binding in bindings[key] or []
    ]


def _healthcheck(check: dict[str, Any]) -> Properties:
    return {
        "tests": check.get("Test") or [],
        "interval": go_duration(check.get("Interval", 0)),
        "timeout": go_duration(check.get("Timeout", 0)),
        "startPeriod": go_duration(check.get("StartPeriod", 0)),
        "startInterval": go_duration(check.get("StartInterval", 0)),
        "retries": check.get("Retries", 0),
    }


def _mount(mount: dict[str, Any]) -> Properties:
    return {
        "target": mount["Target"],
        "source": mount.get("Source", ""),
        "type": mount["Type"],
        "readOnly": mount.get("ReadOnly", False),
    }


def _device_request(request: dict[str, Any]) -> Properties:
    found: Properties = {"driver": request["Driver"], "count": request["Count"]}
    if request.get("DeviceIDs"):
        found["deviceIds"] = request["DeviceIDs"]
    if request.get("Capabilities") and request["Capabilities"][0]:
        found["capabilities"] = request["Capabilities"][0]
    return found


def _host(entry: str) -> Properties:
    name, _, address = entry.partition(":")
    return {"host": name, "ip": address.partition(":")[0]}


def _megabytes(size: int) -> int:
    return size // MEGABYTE if size > 0 else size


def _network(name: str, network: dict[str, Any]) -> Properties:
    return {
        "networkName": name,
        "ipAddress": network.get("IPAddress", ""),
        "ipPrefixLength": network.get("IPPrefixLen", 0),
        "gateway": network.get("Gateway", ""),
        "globalIpv6Address": network.get("GlobalIPv6Address", ""),
        "globalIpv6PrefixLength": network.get("GlobalIPv6PrefixLen", 0),
        "ipv6Gateway": network.get("IPv6Gateway", ""),
        "macAddress": network.get("MacAddress", ""),
    }
