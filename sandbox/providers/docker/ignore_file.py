"""Which files of a build context its .dockerignore leaves out, by the rules that Docker documents for that file.

The docker package knows them as well, but takes a fifth of a second to import, which every preview would pay.
"""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

TOKENS = re.compile(r"\*\*/?|\*|\?|\[[^\]]+\]|\\.|[^*?\[\\]+|.")

WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of a file in their order; each says whether a match is left out or, with `!`, kept after all."""

    patterns: tuple[tuple[re.Pattern[str], bool], ...]

    def leaves_out(self, path: str) -> bool:
        """Say whether `path`, relative to the context, is left out: the last match of it or a folder above counts."""
        above = [str(folder) for folder in PurePosixPath(path).parents if folder.name]
        out = False
        for pattern, leaves_out in self.patterns:
            if any(pattern.fullmatch(one) for one in (path, *above)):
                out = leaves_out
        return out


def parse(lines: Iterable[str]) -> IgnoreFile:
    """Read the lines of a .dockerignore; empty ones and comments say nothing."""
    found = []
    for line in lines:
        text = line.strip()
        if not text or line.startswith("#"):
            continue
        kept = text.startswith("!")
        cleaned = posixpath.normpath(f"/{text.removeprefix('!').strip()}").lstrip("/")
        found.append((re.compile("".join(map(_expression, TOKENS.findall(cleaned))), re.DOTALL), not kept))
    return IgnoreFile(tuple(found))


def _expression(token: str) -> str:
    """Return the regular expression for one token of a pattern."""
    if token in WILDCARDS:
        return WILDCARDS[token]
    if token.startswith("[") and len(token) > 1:
        return token
    return re.escape(token[1] if token.startswith("\\") and len(token) > 1 else token)
