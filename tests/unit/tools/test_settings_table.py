"""The table of settings in the README says what Pulumi.yaml says."""

from tests.unit.project import PROJECT_DIRECTORY, config_schema
from tools.settings_table import with_table


def test_the_readme_has_every_setting_with_its_present_type_default_and_meaning() -> None:
    readme = (PROJECT_DIRECTORY / "README.md").read_text()

    assert readme == with_table(readme, config_schema()), "run `make settings`"


def test_a_changed_default_changes_the_table() -> None:
    readme = (PROJECT_DIRECTORY / "README.md").read_text()
    schema = config_schema()
    schema["dims"]["default"] = 512

    assert "| `dims` | integer | `512` |" in with_table(readme, schema)
