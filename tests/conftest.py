"""Registers the fixtures that several groups of tests share, and skips exhaustive cases unless they are asked for."""

import pytest

pytest_plugins = (
    "tests.contract.migration.outcomes",
    "tests.fixtures.elasticsearch_node",
    "tests.fixtures.gateway_image",
    "tests.fixtures.server_image",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the exhaustive cases out unless `-m` names their mark."""
    if "exhaustive" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("exhaustive")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
