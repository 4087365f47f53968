"""The GPUs that the server's container asks for, held against what `docker run --gpus` asks for."""

from typing import Any

import pytest

from tests.unit.declared import Declared, one
from tests.unit.server.declared_server import CONTAINER, SERVER, declare_server

UUIDS = ("GPU-ad2367dd-a40e-6b86-6fc3-c44a2cc92c7e", "GPU-16a23983-e73e-0945-2095-cdeb50696982")

AS_THE_DOCKER_COMMAND = [
    # What `docker create --gpus OPTION`, then `docker inspect`, show as HostConfig.DeviceRequests (Docker 28.2); the
    # options are those of NVIDIA's page on its Container Toolkit with Docker.
    ("all", "all", {"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}),
    ("2", "2", {"Driver": "", "Count": 2, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}),
    (
        "0,2",
        '"device=0,2"',
        {"Driver": "", "Count": 0, "DeviceIDs": ["0", "2"], "Capabilities": [["gpu"]], "Options": {}},
    ),
    (
        UUIDS[0],
        f"device={UUIDS[0]}",
        {"Driver": "", "Count": 0, "DeviceIDs": [UUIDS[0]], "Capabilities": [["gpu"]], "Options": {}},
    ),
    (
        ",".join(UUIDS),
        f'"device={",".join(UUIDS)}"',
        {"Driver": "", "Count": 0, "DeviceIDs": list(UUIDS), "Capabilities": [["gpu"]], "Options": {}},
    ),
    (
        "1:0,MIG-5c0b1f6e",
        '"device=1:0,MIG-5c0b1f6e"',
        {
            "Driver": "",
            "Count": 0,
            "DeviceIDs": ["1:0", "MIG-5c0b1f6e"],
            "Capabilities": [["gpu"]],
            "Options": {},
        },
    ),
]


def device_requests(stack: str, **changes: object) -> Any:
    """Return the device requests of the server's container."""
    return one(declare_server(stack, changes), CONTAINER, SERVER).inputs.get("deviceRequests")


@pytest.mark.parametrize(
    ("gpus", "option", "engine"), AS_THE_DOCKER_COMMAND, ids=[row[1] for row in AS_THE_DOCKER_COMMAND]
)
def test_the_container_asks_for_gpus_as_the_docker_command_and_names_the_driver(
    gpus: str, option: str, engine: dict[str, Any]
) -> None:
    (request,) = device_requests("gpu", serverGpus=gpus)

    assert {
        # The provider's names for the engine's; its capabilities are one list, all of which are wanted.
        "Driver": request["driver"],
        "Count": request.get("count", 0),
        "DeviceIDs": request.get("deviceIds"),
        "Capabilities": [request["capabilities"]],
        "Options": request.get("options", {}),
    } == engine | {"Driver": "nvidia"}, option


def test_without_cuda_no_gpu_is_asked_for() -> None:
    assert device_requests("cpu") is None


@pytest.mark.parametrize(("stack", "checks"), [("cpu", 0), ("gpu", 1)])
def test_the_gpu_is_checked_on_cuda_alone(stack: str, checks: int) -> None:
    declared: list[Declared] = declare_server(stack, {})

    assert len([item for item in declared if item.name == "llama-server-gpu"]) == checks
