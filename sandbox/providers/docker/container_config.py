"""Turns the inputs of `docker.Container` into what the engine's `POST /containers/create` takes.

The rules are those of terraform-provider-docker, resource_docker_container_funcs.go and _structures.go.
"""

from typing import Any

from sandbox.providers.docker.container_devices import device_mapping, device_requests
from sandbox.providers.docker.engine import labels_to_map
from sandbox.providers.docker.go_duration import nanoseconds
from sandbox.providers.resource import ProviderError
from sandbox.providers.values import Properties

MEGABYTE = 1024 * 1024

CONFIG = {
    "hostname": "Hostname",
    "domainname": "Domainname",
    "tty": "Tty",
    "stdinOpen": "OpenStdin",
    "stopSignal": "StopSignal",
    "stopTimeout": "StopTimeout",
    "envs": "Env",
    "command": "Cmd",
    "entrypoints": "Entrypoint",
    "user": "User",
    "workingDir": "WorkingDir",
}
"""Inputs that the engine takes as they are, in the container's configuration."""

HOST_CONFIG = {
    "privileged": "Privileged",
    "publishAllPorts": "PublishAllPorts",
    "runtime": "Runtime",
    "rm": "AutoRemove",
    "readOnly": "ReadonlyRootfs",
    "tmpfs": "Tmpfs",
    "dns": "Dns",
    "dnsOpts": "DnsOptions",
    "dnsSearches": "DnsSearch",
    "cpuShares": "CpuShares",
    "cpuSet": "CpusetCpus",
    "networkMode": "NetworkMode",
    "usernsMode": "UsernsMode",
    "pidMode": "PidMode",
    "sysctls": "Sysctls",
    "ipcMode": "IpcMode",
    "groupAdds": "GroupAdd",
    "storageOpts": "StorageOpt",
    "cgroupnsMode": "CgroupnsMode",
    "cgroupParent": "CgroupParent",
    "deviceCgroupRules": "DeviceCgroupRules",
}
"""Inputs that the engine takes as they are, in the configuration that concerns the host."""

MEGABYTES = {
    "memory": "Memory",
    "memoryReservation": "MemoryReservation",
    "memorySwap": "MemorySwap",
    "shmSize": "ShmSize",
}
"""Inputs in megabytes, which the engine takes in bytes; a negative number (no limit) stays as it is."""


def body(inputs: Properties) -> dict[str, Any]:
    """Return the request's JSON. Raises ProviderError for what the official provider refuses as well."""
    if "" in inputs.get("command", []):
        raise ProviderError("values for command may not be empty")
    config = {name: inputs[key] for key, name in CONFIG.items() if key in inputs}
    config["Image"] = inputs["image"]
    config["Labels"] = labels_to_map(inputs.get("labels"))
    if inputs.get("ports"):
        config["ExposedPorts"] = {_port_key(port): {} for port in inputs["ports"]}
    volumes, host_volumes = _volumes(inputs.get("volumes", []))
    config["Volumes"] = volumes
    if "healthcheck" in inputs:
        config["Healthcheck"] = health_config(inputs["healthcheck"])
    return {**config, "HostConfig": {**_host_config(inputs), **host_volumes}}


def _host_config(inputs: Properties) -> dict[str, Any]:
    host = {name: inputs[key] for key, name in HOST_CONFIG.items() if key in inputs}
    host.setdefault("NetworkMode", "bridge")
    host.update({name: in_bytes(inputs[key]) for key, name in MEGABYTES.items() if key in inputs})
    host["Init"] = inputs.get("init", False)
    host["RestartPolicy"] = restart_policy(inputs)
    host["LogConfig"] = {"Type": inputs.get("logDriver", ""), "Config": inputs.get("logOpts", {})}
    host["Mounts"] = [_mount(mount) for mount in inputs.get("mounts", [])]
    host["PortBindings"] = _port_bindings(inputs.get("ports", []))
    host["ExtraHosts"] = [f"{entry['host']}:{entry['ip']}" for entry in inputs.get("hosts", [])]
    host["Ulimits"] = [
        {"Name": limit["name"], "Soft": limit["soft"], "Hard": limit["hard"]}
        for limit in inputs.get("ulimits", [])
    ]
    capabilities = inputs.get("capabilities", {})
    host["CapAdd"], host["CapDrop"] = capabilities.get("adds", []), capabilities.get("drops", [])
    host["Devices"] = [device_mapping(device) for device in inputs.get("devices", [])]
    host["DeviceRequests"] = device_requests(inputs)
    _security(host, inputs.get("securityOpts", []))
    _cpus(host, inputs)
    return host


def in_bytes(megabytes: int) -> int:
    """Return megabytes as bytes; a negative number means no limit and stays."""
    return megabytes * MEGABYTE if megabytes > 0 else megabytes


def restart_policy(inputs: Properties) -> dict[str, Any]:
    """Return the engine's restart policy."""
    return {"Name": inputs.get("restart", "no"), "MaximumRetryCount": inputs.get("maxRetryCount", 0)}


def health_config(check: Properties) -> dict[str, Any]:
    """Return the engine's health check; durations in nanoseconds."""
    return {
        "Test": check.get("tests", []),
        "Interval": nanoseconds(check.get("interval", "0s")),
        "Timeout": nanoseconds(check.get("timeout", "0s")),
        "StartPeriod": nanoseconds(check.get("startPeriod", "0s")),
        "StartInterval": nanoseconds(check.get("startInterval", "0s")),
        "Retries": check.get("retries", 0),
    }


def _port_key(port: Properties) -> str:
    return f"{port['internal']}/{port.get('protocol', 'tcp')}"


def _port_bindings(ports: list[Properties]) -> dict[str, list[dict[str, str]]] | None:
    """Return what is published where; nothing at all, which the engine keeps as null, where no port is."""
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        external = str(port["external"]) if port.get("external") else ""
        address = port.get("ip") or "0.0.0.0"  # noqa: S104 (the official provider's default)
        bindings.setdefault(_port_key(port), []).append({"HostIp": address, "HostPort": external})
    return bindings or None


def _volumes(volumes: list[Properties]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the paths to declare as volumes, and the binds and sources for the host's configuration."""
    paths: dict[str, Any] = {}
    binds: list[str] = []
    sources: list[str] = []
    for volume in volumes:
        container, path = volume.get("fromContainer"), volume.get("containerPath")
        if bool(container) == bool(path):
            raise ProviderError(
                "Unable to parse volumes: each entry needs either a containerPath or a fromContainer, and not both"
            )
        if container:
            sources.append(container)
            continue
        paths[str(path)] = {}
        source = volume.get("hostPath") or volume.get("volumeName")
        if source:
            relabel = f",{volume['selinuxRelabel']}" if volume.get("selinuxRelabel") else ""
            binds.append(f"{source}:{path}:{'ro' if volume.get('readOnly') else 'rw'}{relabel}")
    return paths, {"Binds": binds, "VolumesFrom": sources}


def _mount(mount: Properties) -> dict[str, Any]:
    kind = mount["type"]
    result: dict[str, Any] = {
        "Type": kind,
        "Target": mount["target"],
        "Source": mount.get("source", ""),
        "ReadOnly": mount.get("readOnly", False),
    }
    if kind == "bind" and "bindOptions" in mount:
        result["BindOptions"] = {"Propagation": mount["bindOptions"].get("propagation", "")}
    if kind == "volume" and "volumeOptions" in mount:
        result["VolumeOptions"] = _volume_options(mount["volumeOptions"])
    if kind == "tmpfs" and "tmpfsOptions" in mount:
        options = mount["tmpfsOptions"]
        result["TmpfsOptions"] = {"SizeBytes": options.get("sizeBytes", 0), "Mode": options.get("mode", 0)}
    return result


def _volume_options(options: Properties) -> dict[str, Any]:
    if "subpath" in options:
        raise ProviderError("mounts[].volumeOptions.subpath is not implemented by the docker stand-in")
    result: dict[str, Any] = {
        "NoCopy": options.get("noCopy", False),
        "Labels": labels_to_map(options.get("labels")),
    }
    if options.get("driverName") or options.get("driverOptions"):
        result["DriverConfig"] = {
            "Name": options.get("driverName", ""),
            "Options": options.get("driverOptions", {}),
        }
    return result


def _security(host: dict[str, Any], options: list[str]) -> None:
    host["SecurityOpt"] = [option for option in options if option != "systempaths=unconfined"]
    if "systempaths=unconfined" in options:
        host["MaskedPaths"], host["ReadonlyPaths"] = [], []


def _cpus(host: dict[str, Any], inputs: Properties) -> None:
    """Set the CPU limit: `cpus` wins over period and quota."""
    if inputs.get("cpus"):
        try:
            host["NanoCpus"] = round(float(inputs["cpus"]) * 10**9)
        except ValueError as error:
            raise ProviderError(f"Error setting cpus: {inputs['cpus']!r} is not a number") from error
        return
    host.update(
        {
            name: inputs[key]
            for key, name in {"cpuPeriod": "CpuPeriod", "cpuQuota": "CpuQuota"}.items()
            if key in inputs
        }
    )
