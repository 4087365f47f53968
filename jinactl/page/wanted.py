"""What the page asks for: one search, as JSON."""

import json
from dataclasses import dataclass
from typing import Any, get_args

from components.elasticsearch.embedding.search import Mode
from components.errors import StackError

LARGEST_SIZE = 100
"""Documents that a column shows at most."""
LONGEST_QUERY = 10_000
"""Characters."""
MOST_FILTERS = 20
KEYS = {"index", "query", "mode", "size", "filters"}


class WantedError(StackError):
    """The page, or somebody else, asked for something that is no search."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One search: `size` documents that match all `filters`, each as on the command line.

    `index` is one of the stack's, empty for the one that the page was opened for.
    """

    index: str = ""
    query: str
    mode: Mode
    size: int
    filters: tuple[str, ...]


def read_wanted(raw: bytes) -> Wanted:
    """Read the body of a request; raises WantedError, which says what is wrong with it."""
    try:
        asked = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WantedError("The request is not JSON in UTF-8.") from error
    if not isinstance(asked, dict) or asked.keys() != KEYS:
        raise WantedError(f"The request must be an object with {', '.join(sorted(KEYS))}.")
    mode = asked["mode"]
    if mode not in get_args(Mode):
        raise WantedError(f"mode must be {', '.join(get_args(Mode))}.")
    if not isinstance(asked["index"], str):
        raise WantedError("index must be a text.")
    return Wanted(
        index=asked["index"],
        query=_query(asked["query"]),
        mode=mode,
        size=_size(asked["size"]),
        filters=_filters(asked["filters"]),
    )


def _query(found: Any) -> str:
    if not isinstance(found, str) or not found.strip():
        raise WantedError("Type what to look for.")
    if len(found) > LONGEST_QUERY:
        raise WantedError(f"The query is longer than {LONGEST_QUERY:,} characters.")
    return _text(found)


def _size(found: Any) -> int:
    if type(found) is not int or not 1 <= found <= LARGEST_SIZE:
        raise WantedError(f"size must be a whole number from 1 to {LARGEST_SIZE}.")
    return found


def _filters(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > MOST_FILTERS:
        raise WantedError(f"filters must be a list of at most {MOST_FILTERS} texts.")
    if not all(isinstance(one, str) and len(one) <= LONGEST_QUERY for one in found):
        raise WantedError("Each filter must be a text.")
    return tuple(_text(one) for one in found)


def _text(found: str) -> str:
    """Return a text that can be sent on: JSON may hold half a surrogate pair, which no encoding has."""
    return found.encode(errors="replace").decode()
