"""The table of privileges shows what is asked of Elasticsearch."""

import pytest

from components.elasticsearch.cluster import privileges
from tools.privileges_table import privileges_table


def test_another_privilege_is_in_the_table_and_in_the_request_for_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = privileges.ClusterPrivilege("read_ilm", "to see policies")
    monkeypatch.setattr(privileges, "CLUSTER", (*privileges.CLUSTER, more))

    table, _, request = privileges_table().partition("POST /_security/api_key")

    assert "| cluster | `read_ilm` | to see policies | always |" in table
    assert '"read_ilm"' in request
