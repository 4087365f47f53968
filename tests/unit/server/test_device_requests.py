"""What is asked of the engine for each way to name GPUs, beside what the docker command asks for the same."""

import csv
from typing import Any

import pytest

from components.commands.gpu_check import command
from components.server.container import device_requests
from tests.unit.declared import one
from tests.unit.server.declared_server import CONTAINER, SERVER, declare_server

FIRST = "GPU-3a23c669-1f69-c64e-cf85-44e9b07e7a2a"
SECOND = "GPU-5b1d2c7e-9a0f-4c3d-8e6b-2f1a0d9c8b7a"
SLICE = "MIG-GPU-3a23c669-1f69-c64e-cf85-44e9b07e7a2a/1/0"

# In Docker's API: Count -1 means all, 0 none, and Count with DeviceIDs is an error; an id is an index or a UUID, and
# "gpu" is the capability that a request has when none is named. The engine hands Count n on as the GPUs 0 to n-1.
AS_DOCKER = [
    ("all", "all", {"count": -1, "capabilities": ["gpu"]}),
    ("2", "2", {"count": 2, "capabilities": ["gpu"]}),
    ("0,2", '"device=0,2"', {"device_ids": ["0", "2"], "capabilities": ["gpu"]}),
    (FIRST, f'"device={FIRST}"', {"device_ids": [FIRST], "capabilities": ["gpu"]}),
    (
        f"{FIRST},{SECOND}",
        f'"device={FIRST},{SECOND}"',
        {"device_ids": [FIRST, SECOND], "capabilities": ["gpu"]},
    ),
    ("0:0,0:1", '"device=0:0,0:1"', {"device_ids": ["0:0", "0:1"], "capabilities": ["gpu"]}),
    (SLICE, f'"device={SLICE}"', {"device_ids": [SLICE], "capabilities": ["gpu"]}),
]


def asked_by_docker(option: str) -> dict[str, Any]:
    """Return the request that the docker command makes of the value of --gpus, by the rules of its documentation."""
    asked: dict[str, Any] = {"capabilities": ["gpu"]}
    for field in next(csv.reader([option])):
        key, separator, value = field.partition("=")
        if key == "device":
            asked["device_ids"] = value.split(",")
        elif key == "driver":
            asked["driver"] = value
        else:
            count = value if separator else key
            asked["count"] = -1 if count == "all" else int(count)
    return asked


@pytest.mark.parametrize(("gpus", "option", "request_of_docker"), AS_DOCKER)
def test_the_server_asks_for_gpus_property_by_property_as_the_docker_command_does(
    gpus: str, option: str, request_of_docker: dict[str, Any]
) -> None:
    (asked,) = device_requests("cuda", gpus) or []
    found = {
        "driver": asked.driver,
        "count": asked.count,
        "device_ids": asked.device_ids,
        "capabilities": asked.capabilities,
        "options": asked.options,
    }
    # The driver is named: without it the engine may choose another one that has the capability "gpu".
    expected = {"driver": "nvidia", "count": None, "device_ids": None, "options": None} | request_of_docker
    assert found == expected
    assert asked_by_docker(option) == request_of_docker


@pytest.mark.parametrize("gpus", [case[0] for case in AS_DOCKER])
def test_the_check_asks_for_the_very_gpus_that_the_server_gets(gpus: str) -> None:
    checked = command("sha256:image", gpus)
    asked = asked_by_docker(checked[checked.index("--gpus") + 1])
    names = {"count": "count", "deviceIds": "device_ids", "driver": "driver", "capabilities": "capabilities"}
    (declared,) = one(declare_server("gpu", {"serverGpus": gpus}), CONTAINER, SERVER).inputs["deviceRequests"]
    assert {names[key]: value for key, value in declared.items()} == asked


def test_no_gpu_is_asked_for_on_cpu() -> None:
    assert device_requests("cpu", "all") is None
