"""What counts as a change of a container, and what replaces it, as with the official provider."""

from typing import Any

import pytest

from sandbox.providers.diff import Change, Difference
from sandbox.providers.docker.bridged import BridgedResource
from sandbox.providers.docker.bridged_diff import bridged_differences
from sandbox.providers.docker.bridged_schema import bridged_schema
from sandbox.providers.docker.container import Container
from sandbox.providers.docker.network import Network
from sandbox.providers.docker.volume import Volume
from sandbox.providers.sdk_schema import introspect
from sandbox.providers.values import UNKNOWN, Secret

IN_PLACE = Difference(Change.UPDATE, replaces=False)
REPLACES = Difference(Change.UPDATE, replaces=True)
MODEL = {"type": "bind", "source": "/a", "target": "/m", "readOnly": True}
DATA = {"type": "volume", "source": "d", "target": "/d", "readOnly": False}
CHECK = {"tests": ["CMD", "true"], "interval": "3s", "timeout": "5s", "startPeriod": "5m0s", "retries": 3}
READ_CHECK = {**CHECK, "startInterval": "0s"}
PORT = {"internal": 80, "external": 8080, "ip": "127.0.0.1"}


def differences(
    state: dict[str, Any], wanted: dict[str, Any], ignored: tuple[str, ...] = ()
) -> dict[str, Difference]:
    return bridged_differences(bridged_schema("docker_container"), state, wanted, ignored)


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ({"restart": "no", "mustRun": True, "networkMode": "bridge"}, {}),
        ({}, {"restart": "no", "labels": [], "tmpfs": {}}),
        ({"memory": 0, "user": "root", "cpuSet": ""}, {}),
        ({"hostname": "0a1b", "command": ["run"], "healthcheck": READ_CHECK, "shmSize": 64}, {}),
        ({"healthcheck": READ_CHECK}, {"healthcheck": CHECK}),
        ({"envs": ["A=1", "B=2"]}, {"envs": Secret(["B=2", "A=1"])}),
        ({"mounts": [MODEL, DATA]}, {"mounts": [{**DATA}, {**MODEL}]}),
        ({"ports": [{**PORT, "protocol": "tcp"}]}, {"ports": [PORT]}),
    ],
    ids=str,
)
def test_a_default_an_order_and_a_choice_of_the_engine_are_no_change(
    state: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert differences(state, wanted) == {}


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        ({"memory": 64}, {"memory": 96}, {"memory": IN_PLACE}),
        ({"memory": 64}, {}, {"memory": Difference(Change.DELETE, replaces=False)}),
        ({"memorySwap": 128}, {}, {"memorySwap": Difference(Change.DELETE, replaces=False)}),
        ({"mounts": [MODEL]}, {"mounts": [{**MODEL, "source": "/b"}]}, {"mounts": IN_PLACE}),
        ({"mounts": [MODEL]}, {"mounts": [{**MODEL, "source": UNKNOWN}]}, {"mounts": IN_PLACE}),
        ({"mounts": [MODEL]}, {"mounts": [MODEL, DATA]}, {"mounts": REPLACES}),
        (
            {"healthcheck": READ_CHECK},
            {"healthcheck": {**CHECK, "startPeriod": "300s"}},
            {"healthcheck": IN_PLACE},
        ),
        ({"tmpfs": {"/tmp": "size=1m"}}, {"tmpfs": {"/tmp": "size=2m"}}, {"tmpfs": IN_PLACE}),
        ({"cpus": "2.0"}, {"cpus": "2"}, {"cpus": REPLACES}),
        ({"cpus": "1.5"}, {}, {"cpus": Difference(Change.DELETE, replaces=True)}),
        ({"cpuQuota": 5000}, {"cpuQuota": 7000}, {"cpuQuota": IN_PLACE}),
        ({"mustRun": False}, {"mustRun": True}, {"mustRun": IN_PLACE}),
        ({"ports": []}, {"ports": [PORT]}, {"ports": Difference(Change.ADD, replaces=True)}),
        ({"ports": [PORT]}, {"ports": [{**PORT, "external": 8081}]}, {"ports": REPLACES}),
        ({"envs": ["A=1"]}, {"envs": ["A=2"]}, {"envs": REPLACES}),
        ({"image": "i"}, {"image": UNKNOWN}, {"image": REPLACES}),
        (
            {"labels": [{"label": "a", "value": "b"}]},
            {"labels": [{"label": "a", "value": "c"}]},
            {"labels": REPLACES},
        ),
    ],
    ids=str,
)
def test_a_change_replaces_where_the_provider_says_so(
    state: dict[str, Any], wanted: dict[str, Any], expected: dict[str, Difference]
) -> None:
    assert differences(state, wanted) == expected


def test_what_is_ignored_is_no_change() -> None:
    assert differences({"memorySwap": 128}, {}, ("memorySwap",)) == {}


@pytest.mark.parametrize("resource", [Container, Network, Volume])
def test_all_that_is_implemented_is_declared_by_its_name_in_the_sdk(resource: type[BridgedResource]) -> None:
    declared = bridged_schema(resource.terraform_name)
    paths = declared.keys() | {f"{top}.{field}" for top, one in declared.items() for field in one.fields}
    assert resource.implemented - paths == set()
    known = introspect("docker")["inputs"][resource.token]["properties"]
    assert {path.partition(".")[0] for path in resource.implemented} - known.keys() == set()
