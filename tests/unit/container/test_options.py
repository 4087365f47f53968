"""Every container of a stack is declared so that the provider reads back what was asked, and applies what changes."""

import pytest

from components.container.options import cpu_limit
from sandbox.providers.docker.go_duration import go_duration, nanoseconds
from tests.unit.declared import Declared, declare_program

LIMITS = {"serverCpus": "1.50", "serverMemory": 16384, "elasticsearchMemory": 4096}


def containers(stack: str, changes: dict[str, object]) -> list[Declared]:
    found = [item for item in declare_program(stack, **changes) if item.type.endswith(":Container")]
    assert len(found) == 4
    return found


@pytest.mark.parametrize("changes", [{}, LIMITS], ids=["no limit", "every limit"])
@pytest.mark.parametrize("stack", ["cpu", "gpu"])
def test_every_duration_is_spelled_as_the_provider_reads_it_back(
    stack: str, changes: dict[str, object]
) -> None:
    for container in containers(stack, changes):
        check = container.inputs["healthcheck"]
        for name in ("interval", "timeout", "startPeriod"):
            assert check[name] == go_duration(nanoseconds(check[name])), (container.name, name)


@pytest.mark.parametrize("changes", [{}, LIMITS], ids=["no limit", "every limit"])
@pytest.mark.parametrize("stack", ["cpu", "gpu"])
def test_every_container_is_replaced_for_what_the_provider_would_only_take_note_of(
    stack: str, changes: dict[str, object]
) -> None:
    expected = ("#initerror", "cpuPeriod", "cpuQuota", "healthcheck", "memory", "mounts", "tmpfs")
    for container in containers(stack, changes):
        assert container.options.replace_on_changes == expected, container.name
        assert container.options.ignore_changes == ("memorySwap",), container.name


@pytest.mark.parametrize(
    ("cpus", "quota"), [("2", 200_000), ("2.0", 200_000), ("1.50", 150_000), ("10", 1_000_000)]
)
def test_equal_limits_of_cpus_are_declared_alike(cpus: str, quota: int) -> None:
    assert cpu_limit(cpus) == {"cpu_period": 100_000, "cpu_quota": quota}
