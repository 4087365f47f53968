"""The table of privileges in the README says what is asked of Elasticsearch."""

import pytest

from components.elasticsearch.cluster import privileges
from tests.unit.project import PROJECT_DIRECTORY
from tools.privileges_table import BEGIN, END, with_table


def test_the_readme_has_every_privilege_with_its_present_purpose() -> None:
    readme = (PROJECT_DIRECTORY / "README.md").read_text()

    assert (readme.count(BEGIN), readme.count(END)) == (1, 1)
    assert readme == with_table(readme), "run `make settings`"


def test_another_privilege_changes_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (PROJECT_DIRECTORY / "README.md").read_text()
    more = privileges.ClusterPrivilege("read_ilm", "to see policies")
    monkeypatch.setattr(privileges, "CLUSTER", (*privileges.CLUSTER, more))

    assert "| cluster | `read_ilm` | to see policies | always |" in with_table(readme)
