"""Reads queries, and the judgements which documents answer them, from files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinactl.errors import CommandError

Judgements = Mapping[str, Mapping[str, int]]
"""How well documents answer queries: by the id of the query and that of the document, 0 for not at all."""


@dataclass(frozen=True)
class Query:
    """A text that somebody searches for."""

    id: str
    text: str


def read_queries(path: Path) -> list[Query]:
    """Read queries: lines of JSON {"_id", "text"}, or an id and a text with a tab between them.

    Raises CommandError, naming the line, for what is neither, and for an id that comes twice.
    """
    queries: dict[str, Query] = {}
    for number, line in _lines(path):
        query = _query(line, f"{path}, line {number}")
        if query.id in queries:
            raise CommandError(
                f"{path}, line {number}: the id {query.id} comes twice; each query needs its own."
            )
        queries[query.id] = query
    if not queries:
        raise CommandError(f"{path} has no queries. {_FORMAT}")
    return list(queries.values())


_FORMAT = 'Each line is {"_id": "1", "text": "what people type"}, or an id, a tab and the text.'


def _query(line: str, place: str) -> Query:
    if not line.startswith("{"):
        id_, tab, text = line.partition("\t")
        found: object = {"_id": id_.strip(), "text": text} if tab else None
    else:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{place}: not JSON. {_FORMAT}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{place}: not a query. {_FORMAT}")
    name, words = found.get("_id"), found.get("text")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not name or not isinstance(words, str) or not words.strip():
        raise CommandError(
            f"{place}: a query needs `_id` and `text`, both texts that are not empty. {_FORMAT}"
        )
    return Query(name, words.strip())


def read_judgements(path: Path) -> dict[str, dict[str, int]]:
    """Read judgements in the format of TREC: QUERY 0 DOCUMENT RELEVANCE; the second column may be left out.

    A first line of names, as BEIR's files have it, is skipped. Raises CommandError, naming the line.
    """
    judgements: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        columns = line.split()
        relevance = columns[-1].lstrip("-+")
        if number == 1 and columns[-1] == "score":
            continue
        if len(columns) not in (3, 4) or not relevance.isdecimal():
            raise CommandError(
                f"{path}, line {number}: not a judgement. Each line is QUERY 0 DOCUMENT RELEVANCE, where the relevance "
                "is a whole number, and 0 says that the document does not answer the query."
            )
        judgements.setdefault(columns[0], {})[columns[-2]] = int(columns[-1])
    if not judgements:
        raise CommandError(f"{path} has no judgements.")
    return judgements


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, with their numbers from 1."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if stripped := line.strip():
                    yield number, stripped
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text ({error.reason}).") from error
