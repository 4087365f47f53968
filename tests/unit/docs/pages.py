"""The pages that people read, and what is in them."""

import re
from pathlib import Path

from tests.unit.project import PROJECT_DIRECTORY

PAGES = {
    str(page.relative_to(PROJECT_DIRECTORY)): page.read_text()
    for page in (
        *(PROJECT_DIRECTORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *sorted((PROJECT_DIRECTORY / "docs").glob("*.md")),
    )
}
"""The text of each page by its path in the repository."""

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"<!-- [^>]+: made by .*?<!-- end of [^>]+ -->", re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")


def prose(page: str) -> str:
    """Return the text of a page without its blocks of code."""
    return FENCED.sub("", page)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def spans(page: str) -> list[str]:
    """Return what a page says in code within its prose, each on one line."""
    return [" ".join(span.split()) for span in SPAN.findall(prose(page))]


def commands(page: str) -> list[str]:
    """Return each simple command of a page's shell code, one line each, and the code within its prose."""
    blocks = [text for language, text in FENCED.findall(page) if language in ("bash", "yaml")]
    lines = re.sub(r"\\\n\s*", "", "\n".join(blocks)).splitlines()
    # What begins a comment in these pages: a # behind a space.
    uncommented = [line.partition(" #")[0] for line in (*lines, *spans(page))]
    parts = [part for line in uncommented for part in re.split(r"&&|\|\||;|\||\$\(", line)]
    # Of `"$(one | two)" > file` and `(one) &`, the commands alone.
    bare = [
        re.sub(
            r"\)?\s*([<>&].*)?$",
            "",
            part.strip().removeprefix("- run: ").removeprefix(".venv/bin/").lstrip("("),
        )
        for part in parts
    ]
    return [command.rstrip('")') if command.count('"') % 2 else command for command in bare]


def all_commands(program: str) -> list[str]:
    """Return the commands of all pages that begin with `program`, without it."""
    found = {command for page in PAGES.values() for command in commands(page)}
    return sorted(
        command.removeprefix(program).strip() for command in found if command.startswith(f"{program} ")
    )


def exists(path: str, beside: Path = PROJECT_DIRECTORY) -> bool:
    """Say whether a path, or a pattern, is there."""
    return any(beside.glob(path)) if "*" in path else (beside / path).exists()
