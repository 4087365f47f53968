"""The page docs/evidence.md, of which some parts are written by measurements."""

from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"


def renewed(page: str, name: str, lines: Sequence[str]) -> str:
    """Return the page with other lines between the two marks of a part; raises ValueError without such marks."""
    begin, end = f"<!-- {name}: made by ", f"<!-- end of {name} -->"
    before, mark, rest = page.partition(begin)
    told, closed, after = rest.partition(end)
    if not mark or not closed:
        raise ValueError(f"the page has no part {name}")
    first, _, _ = told.partition("\n")
    return f"{before}{begin}{first}\n" + "\n".join(lines) + f"\n{end}{after}"
