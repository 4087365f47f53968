"""Turns the devices and GPUs that a container asks for into what the engine takes."""

from typing import Any

from sandbox.providers.resource import ProviderError
from sandbox.providers.values import Properties


def device_mapping(device: Properties) -> dict[str, str]:
    """Return one device of the host as the engine maps it into the container."""
    return {
        "PathOnHost": device["hostPath"],
        "PathInContainer": device.get("containerPath") or device["hostPath"],
        "CgroupPermissions": device.get("permissions", "rwm"),
    }


def device_requests(inputs: Properties) -> list[dict[str, Any]]:
    """Return the requests for GPUs and the like, of `deviceRequests` or `gpus` ("all", "device=0,1", a number)."""
    gpus = inputs.get("gpus", "").strip().strip("\"'")
    if gpus:
        request: dict[str, Any] = {
            "Driver": "",
            "Count": 0,
            "DeviceIDs": None,
            "Capabilities": [["gpu"]],
            "Options": {},
        }
        if gpus.startswith("device="):
            request["DeviceIDs"] = gpus.removeprefix("device=").split(",")
        elif gpus == "all" or gpus.isdigit():
            request["Count"] = -1 if gpus == "all" else int(gpus)
        else:
            raise ProviderError(
                f"Error setting gpus: {gpus!r} is neither all, nor a number, nor device=ID[,ID...]"
            )
        return [request]
    return [
        {
            "Driver": entry.get("driver", "cdi"),
            "Count": entry.get("count", 0),
            "DeviceIDs": entry.get("deviceIds") or None,
            "Capabilities": [entry.get("capabilities", [])],
            "Options": entry.get("options", {}),
        }
        for entry in inputs.get("deviceRequests", [])
    ]
