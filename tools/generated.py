"""Writes the parts of the documentation that are made from the code: `make settings`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.outputs_table import outputs_table
from tools.privileges_table import privileges_table
from tools.settings_table import all_settings_table, quants_table

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Part:
    """A part of `page` that is made from `source`; it stands between two marks that bear its name."""

    page: str
    name: str
    source: str
    text: Callable[[], str]

    @property
    def begin(self) -> str:
        """The mark before it."""
        return f"<!-- {self.name}: made by `make settings` from {self.source} -->"

    @property
    def end(self) -> str:
        """The mark after it."""
        return f"<!-- end of {self.name} -->"

    def renewed(self, page: str) -> str:
        """Return the text of the page with this part made again."""
        before, _, rest = page.partition(self.begin)
        _, _, after = rest.partition(self.end)
        return f"{before}{self.begin}\n{self.text()}\n{self.end}{after}"


PARTS = (
    Part("docs/settings.md", "quantisations", "components/settings/quantisations.py", quants_table),
    Part("docs/settings.md", "settings", "Pulumi.yaml", all_settings_table),
    Part(
        "docs/operations.md",
        "privileges",
        "components/elasticsearch/cluster/privileges.py",
        privileges_table,
    ),
    Part("docs/operations.md", "outputs", "__main__.py and tools/outputs_table.py", outputs_table),
)


def main() -> int:
    """Rewrite the pages."""
    for part in PARTS:
        page = PROJECT_DIRECTORY / part.page
        page.write_text(part.renewed(page.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
