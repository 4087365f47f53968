"""What servers are promised and may take: memory by the rules of serverMemory, CPUs in the lanes' proportion, GPUs."""

import re
from typing import Any

import pytest

from components.kubernetes.resources import busy_cpus, server_resources
from components.settings import Settings
from components.settings.lanes import lanes
from components.settings.quantisations import QUANTS
from tests.unit.declared import shown
from tests.unit.kubernetes.stack import REGISTRY
from tests.unit.project import stack_settings


def settings_with(**changes: object) -> Settings:
    return stack_settings("k8s", imageRegistry=REGISTRY, **changes)


def resources(lane: str = "documents", **changes: object) -> dict[str, Any]:
    settings = settings_with(**changes)
    (found,) = [one for one in lanes(settings.server) if one.name == lane]
    return server_resources(settings, found)


def mebibytes(quantity: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", quantity).groups()  # type: ignore[union-attr]
    return int(number) * (1024 if unit == "Gi" else 1)


@pytest.mark.parametrize("quant", list(QUANTS))
def test_memory_holds_the_model_and_the_largest_batch(quant: str) -> None:
    file = QUANTS[quant].megabytes * 1_000_000 / 1024**2
    for lane, tokens in (("documents", 8192), ("queries", 2048)):
        made = resources(lane, quant=quant)
        needed = mebibytes(made["requests"]["memory"])
        # What oneDNN packs and 0.08 MiB for each token of a batch, as measured.
        assert file + 500 + 0.07 * tokens < needed < file + 500 + 0.09 * tokens + 100
        assert 1.2 * needed < mebibytes(made["limits"]["memory"]) < 1.3 * needed


@pytest.mark.parametrize(
    ("changes", "requested", "limit"),
    [
        # What is set is the limit; what is needed is promised, up to it.
        ({"serverMemory": 8192}, None, "8Gi"),
        ({"serverMemory": 100, "device": "cuda"}, "100Mi", "100Mi"),
        # The need of another model is not known, and no guess may end its server.
        ({"modelRepository": "other/model"}, None, None),
        # On a GPU the buffers are in its memory, and the driver takes what it takes.
        ({"device": "cuda"}, None, None),
    ],
    ids=shown,
)
def test_the_limit_of_memory_is_what_is_set_or_known(
    changes: dict[str, Any], requested: str | None, limit: str | None
) -> None:
    made = resources(**changes)
    assert made.get("limits", {}).get("memory") == limit
    assert requested in (None, made["requests"]["memory"])
    if limit:
        assert mebibytes(made["requests"]["memory"]) <= mebibytes(limit)


CPUS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "31m", "1"),
    ({"kubernetesCpuRequest": "4"}, "125m", "4"),
    ({"kubernetesCpuRequest": "1.5"}, "47m", "1500m"),
    ({"serverQueryShares": 2048, "serverDocumentShares": 1024}, "500m", "1"),
    ({"serverQueryShares": 1024, "serverDocumentShares": 2048}, "1", "500m"),
    ({"serverQueryShares": 100000, "serverDocumentShares": 2}, "10m", "1"),
    # Within the limit: a request above it would be refused.
    ({"kubernetesCpuRequest": "4", "serverCpus": "2"}, "125m", "2"),
    ({"kubernetesCpuRequest": "0.001"}, "10m", "10m"),
]


@pytest.mark.parametrize(("changes", "documents", "queries"), CPUS, ids=shown)
def test_requested_cpus_weigh_the_lanes_as_their_shares_do(
    changes: dict[str, Any], documents: str, queries: str
) -> None:
    assert resources("documents", **changes)["requests"]["cpu"] == documents
    assert resources("queries", **changes)["requests"]["cpu"] == queries


def test_the_only_server_gets_all_that_is_requested() -> None:
    assert resources(serverLanes=1)["requests"]["cpu"] == "1"


@pytest.mark.parametrize(("cpus", "limit"), [("", None), ("2", "2"), ("1.50", "1500m"), ("0.25", "250m")])
@pytest.mark.parametrize("lane", ["documents", "queries"])
def test_the_limit_of_cpus_is_the_setting(lane: str, cpus: str, limit: str | None) -> None:
    assert resources(lane, serverCpus=cpus)["limits"].get("cpu") == limit


@pytest.mark.parametrize(
    ("changes", "gpus"),
    [
        ({}, {}),
        ({"device": "cuda"}, {"nvidia.com/gpu": "1"}),
        ({"device": "cuda", "serverGpus": "2"}, {"nvidia.com/gpu": "2"}),
        (
            {"device": "cuda", "kubernetesGpuResource": "nvidia.com/mig-1g.5gb"},
            {"nvidia.com/mig-1g.5gb": "1"},
        ),
    ],
    ids=shown,
)
def test_gpus_are_asked_for_by_number_and_resource(changes: dict[str, Any], gpus: dict[str, str]) -> None:
    limits = resources(**changes)["limits"] if changes else resources()["limits"]
    assert {name: count for name, count in limits.items() if "/" in name} == gpus


@pytest.mark.parametrize(
    ("changes", "busy"),
    [
        ({}, "800m"),
        ({"kubernetesCpuRequest": "2"}, "1600m"),
        ({"kubernetesCpuRequest": "2", "serverCpus": "5"}, "4"),
        # An autoscaler takes no target of nothing.
        ({"kubernetesCpuRequest": "0.001"}, "10m"),
    ],
    ids=shown,
)
def test_more_servers_are_made_when_four_fifths_of_their_cpus_are_used(
    changes: dict[str, Any], busy: str
) -> None:
    assert busy_cpus(settings_with(**changes)) == busy


CANONICAL = [
    {},
    {"serverCpus": "2.000", "serverMemory": 8192},
    {"serverCpus": "1.2345"},
    {"kubernetesCpuRequest": "1.000"},
    {"quant": "Q8_0", "serverMemory": 10240, "serverQueryShares": 300},
]


@pytest.mark.parametrize("changes", CANONICAL, ids=shown)
@pytest.mark.parametrize("lane", ["documents", "queries"])
def test_quantities_are_written_as_a_cluster_reads_them_back(lane: str, changes: dict[str, Any]) -> None:
    """By https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity: in the largest unit."""
    made = resources(lane, **changes)
    for quantities in made.values():
        assert re.fullmatch(r"[1-9]\d*m?", quantities.get("cpu", "1"))
        assert not quantities.get("cpu", "").endswith("000m")
        number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", quantities.get("memory", "1Gi")).groups()  # type: ignore[union-attr]
        assert unit == "Gi" or int(number) % 1024
