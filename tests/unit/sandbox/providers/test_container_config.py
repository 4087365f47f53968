"""What the stand-in asks of the engine for a container, and what it refuses."""

from typing import Any

import pytest

from sandbox.providers.docker.container_checks import container_failures
from sandbox.providers.docker.container_config import body
from sandbox.providers.resource import ProviderError
from sandbox.providers.values import UNKNOWN

GPU = {"Driver": "nvidia", "Count": 0, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}


@pytest.mark.parametrize(
    ("inputs", "name", "expected"),
    [
        (
            {"deviceRequests": [{"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}]},
            "DeviceRequests",
            [{**GPU, "Count": -1}],
        ),
        (
            {"deviceRequests": [{"driver": "nvidia", "deviceIds": ["0", "1"], "capabilities": ["gpu"]}]},
            "DeviceRequests",
            [{**GPU, "DeviceIDs": ["0", "1"]}],
        ),
        ({"memorySwap": -1}, "MemorySwap", -1),
        ({"cpus": "1.5"}, "NanoCpus", 1_500_000_000),
        ({"cpuPeriod": 1000, "cpuQuota": 7}, "CpuQuota", 7),
        ({"cpuShares": 256}, "CpuShares", 256),
        (
            {"ports": [{"internal": 53}]},
            "PortBindings",
            {"53/tcp": [{"HostIp": "0.0.0.0", "HostPort": ""}]},
        ),
        ({}, "NetworkMode", "bridge"),
        ({}, "RestartPolicy", {"Name": "no", "MaximumRetryCount": 0}),
    ],
)
def test_the_engine_is_asked_for(inputs: dict[str, Any], name: str, expected: Any) -> None:
    assert body({"image": "i", **inputs})["HostConfig"][name] == expected


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"command": ["a", ""]}, "values for command may not be empty"),
        ({"cpus": "many"}, "'many' is not a number"),
    ],
)
def test_what_makes_no_sense_is_refused(inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(ProviderError, match=said):
        body({"image": "i", **inputs})


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"restart": "sometimes"}, "restart"),
        ({"healthcheck": {"interval": "3"}}, "healthcheck.interval"),
        ({"mounts": [{"type": "bind"}, {"type": "image"}]}, "mounts[1].type"),
    ],
)
def test_a_preview_refuses_wrong_values(inputs: dict[str, Any], path: str) -> None:
    assert [failure.path for failure in container_failures(inputs)] == [path]


def test_a_preview_passes_what_it_does_not_know_yet() -> None:
    inputs = {"restart": UNKNOWN, "healthcheck": UNKNOWN, "mounts": [UNKNOWN, {"type": UNKNOWN}]}
    assert list(container_failures(inputs)) == []
    assert list(container_failures({"mounts": UNKNOWN})) == []
