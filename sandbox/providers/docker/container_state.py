"""Reads the engine's description of a container back into the properties of `docker.Container`."""

from typing import Any

from sandbox.providers.docker.container_config import MEGABYTE, MEGABYTES
from sandbox.providers.docker.engine import set_inputs
from sandbox.providers.values import Properties

NANO = 10**9


def drift(container: dict[str, Any], inputs: Properties) -> Properties:
    """Return the inputs whose live value is not what was set, by name, with the live value."""
    found = set_inputs(_scalars(container, inputs), inputs)
    config, host = container["Config"], container["HostConfig"]
    if "cpus" in inputs and host.get("NanoCpus", 0) != round(float(inputs["cpus"]) * NANO):
        found["cpus"] = f"{host.get('NanoCpus', 0) / NANO:g}"
    found.update(_kept("envs", inputs, lambda entry: entry in (config.get("Env") or [])))
    live_labels = config.get("Labels") or {}
    found.update(_kept("labels", inputs, lambda entry: live_labels.get(entry["label"]) == entry["value"]))
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    attached = {name for name, network in networks.items()} | {
        one.get("NetworkID") for one in networks.values()
    }
    found.update(_kept("networksAdvanced", inputs, lambda entry: entry["name"] in attached))
    if not container["State"]["Running"]:
        if inputs.get("mustRun", True) and inputs.get("start", True):
            found["mustRun"] = False
    else:
        bindings = (container.get("NetworkSettings") or {}).get("Ports") or {}
        found.update(_kept("ports", inputs, lambda port: _is_published(port, bindings)))
    return found


def computed(container: dict[str, Any], inputs: Properties) -> Properties:
    """Return the outputs: what only the engine knows, and the values it chose where the stack set none."""
    config, host = container["Config"], container["HostConfig"]
    settings = container.get("NetworkSettings") or {}
    chosen = {
        "hostname": config.get("Hostname", ""),
        "command": config.get("Cmd") or [],
        "entrypoints": config.get("Entrypoint") or [],
        "runtime": host.get("Runtime", ""),
        "ipcMode": host.get("IpcMode", ""),
        "logDriver": (host.get("LogConfig") or {}).get("Type", ""),
        "shmSize": (host.get("ShmSize") or 0) // MEGABYTE,
        "stopSignal": config.get("StopSignal", ""),
        "stopTimeout": config.get("StopTimeout") or 0,
        "init": bool(host.get("Init")),
        "securityOpts": host.get("SecurityOpt") or [],
    }
    outputs = {name: value for name, value in chosen.items() if name not in inputs}
    outputs["bridge"] = settings.get("Bridge", "")
    outputs["networkDatas"] = [
        _network(name, one) for name, one in sorted((settings.get("Networks") or {}).items())
    ]
    outputs["exitCode"] = 0 if container["State"]["Running"] else container["State"]["ExitCode"]
    if "ports" in inputs:
        bindings = settings.get("Ports") or {}
        outputs["ports"] = [_with_external(port, bindings) for port in inputs["ports"]]
    return outputs


def _scalars(container: dict[str, Any], inputs: Properties) -> Properties:
    """Return the live values that compare as they are."""
    config, host = container["Config"], container["HostConfig"]
    policy = host.get("RestartPolicy") or {}
    found: Properties = {
        "name": container["Name"].removeprefix("/"),
        "rm": bool(host.get("AutoRemove")),
        "readOnly": bool(host.get("ReadonlyRootfs")),
        "privileged": bool(host.get("Privileged")),
        "user": config.get("User", ""),
        "restart": policy.get("Name") or "no",
        "maxRetryCount": policy.get("MaximumRetryCount", 0),
        "cpuShares": host.get("CpuShares", 0),
        "cpuSet": host.get("CpusetCpus", ""),
        "cpuPeriod": host.get("CpuPeriod", 0),
        "cpuQuota": host.get("CpuQuota", 0),
        "init": bool(host.get("Init")),
    }
    # An image named by its id is compared by id, one named by a tag by that name, as the official provider does.
    found["image"] = container["Image"] if str(inputs.get("image")).startswith("sha256:") else config["Image"]
    for name, key in MEGABYTES.items():
        value = host.get(key) or 0
        found[name] = value // MEGABYTE if value > 0 else value
    return found


def _kept(name: str, inputs: Properties, is_there: Any) -> Properties:
    """Return the entries of the list `name` that are still there, when some are not."""
    wanted = inputs.get(name, [])
    kept = [entry for entry in wanted if is_there(entry)]
    return {name: kept} if len(kept) != len(wanted) else {}


def _is_published(port: Properties, bindings: dict[str, Any]) -> bool:
    return bool(_matching(port, bindings))


def _matching(port: Properties, bindings: dict[str, Any]) -> list[dict[str, str]]:
    live = bindings.get(f"{port['internal']}/{port.get('protocol', 'tcp')}") or []
    address = port.get("ip") or "0.0.0.0"  # noqa: S104 (the official provider's default)
    external = port.get("external")
    return [
        binding
        for binding in live
        if binding["HostIp"] == address and (not external or binding["HostPort"] == str(external))
    ]


def _with_external(port: Properties, bindings: dict[str, Any]) -> Properties:
    """Return the port with the address and number that the engine chose where the stack left them open."""
    live = _matching(port, bindings)
    external = int(live[0]["HostPort"]) if live else port.get("external", 0)
    return {"ip": "0.0.0.0", "protocol": "tcp", **port, "external": external}  # noqa: S104


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
