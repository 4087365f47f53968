"""JSON that every program reads in the same way.

UTF-8, finite numbers, whole characters, no name twice in an object, not nested without end.
"""

import json
import re
from collections import Counter
from typing import Any

from jinactl.ingest.entries import RejectedError

DEEPEST = 100
"""Levels of nesting; Elasticsearch maps 20 of them."""

_SUSPECT = re.compile(rb"\\u[dD][89a-fA-F]|[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
"""What may be half of a surrogate pair, or a number that is too large: all else needs no second look."""


def parse(raw: bytes) -> Any:
    """Return the value of a JSON text; raises RejectedError with the reason."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise RejectedError(f"not UTF-8 text (byte {error.start + 1}: {error.reason})") from error
    if raw.count(b"{") + raw.count(b"[") > DEEPEST:
        _check_depth(text)
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_object)
    except ValueError as error:
        raise RejectedError(_told(text, error)) from error
    if _SUSPECT.search(raw):
        _check_values(value)
    return value


def _refuse(constant: str) -> None:
    raise RejectedError(f"{constant} is no number of JSON: leave the field out, or write null")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, which Elasticsearch would refuse if it had a name twice; of two values one would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        (name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise RejectedError(f"has `{name[:100]}` twice")
    return found


def _told(text: str, error: ValueError) -> str:
    if not text.lstrip().startswith(("{", "[")):
        return "not JSON"
    where = f", character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
    reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number has too many digits"
    return f"not whole JSON ({reason[:1].lower()}{reason[1:]}{where})"


def _check_depth(text: str) -> None:
    """Count brackets outside of strings, because the parser itself would end at some depth of its own."""
    depth = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', text, re.DOTALL):
        mark = found[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if depth > DEEPEST:
            raise RejectedError(f"nested deeper than {DEEPEST} levels")


def _check_values(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise RejectedError(
            "has half of a surrogate pair (such as \\ud800), which is no character"
        ) from error
    except ValueError as error:
        raise RejectedError("has a number that is too large") from error
