"""How the official provider spells what it reads of a container."""

import pytest

from sandbox.providers.docker.container_state import decimal_text


@pytest.mark.parametrize(
    ("cpus", "read_back"),
    [(0.5, "0.5"), (1.5, "1.5"), (0.25, "0.25"), (2, "2.0"), (10, "10."), (0.01, "0.0")],
)
def test_a_number_of_cpus_is_spelled_in_the_providers_own_way(cpus: float, read_back: str) -> None:
    assert decimal_text(round(cpus * 10**9)) == read_back
