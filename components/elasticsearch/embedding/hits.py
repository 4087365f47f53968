"""The documents that a search found, read from Elasticsearch's answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from components.elasticsearch.embedding.queries import MATCH_BEGINS, MATCH_ENDS, SNIPPET
from components.elasticsearch.fields import CONTENT

_MATCH = re.compile(f"{MATCH_BEGINS}(.*?){MATCH_ENDS}", re.DOTALL)


class Piece(NamedTuple):
    """A piece of a snippet: `matched` where it is a word of the query."""

    text: str
    matched: bool


@dataclass(frozen=True)
class Side:
    """Where a document is in one of two fused rankings: its rank, from 1, and its score there."""

    rank: int
    score: float


@dataclass(frozen=True)
class Hit:
    """A document that was found, with its score in the ranking that was asked for.

    By meaning and with similarity cosine that is (1 + cosine) / 2; by words it is BM25's; of a fused search it is a sum
    of reciprocal ranks. `snippet` is the part of the text that the query's words are in, its beginning if they are
    nowhere; `fields` are the document's other fields. `semantic` and `text` are of a fused search whose sides were
    asked for; None there means that this side did not find the document.
    """

    id: str
    score: float
    content: str
    snippet: tuple[Piece, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    semantic: Side | None = None
    text: Side | None = None


def read_hit(found: Mapping[str, Any]) -> Hit:
    """Return one of the hits of an answer."""
    source = found.get("_source", {})
    content = shown_content(source.get(CONTENT, ""))
    fragments = found.get("highlight", {}).get(CONTENT)
    return Hit(
        id=str(found["_id"]),
        score=float(found["_score"]),
        content=content,
        snippet=_pieces(fragments[0] if fragments else content[:SNIPPET]),
        fields={key: value for key, value in source.items() if key != CONTENT},
    )


def shown_content(content: object) -> str:
    """Return a document's text; that of several texts is a line for each, as it is embedded."""
    return "\n".join(map(str, content)) if isinstance(content, list) else str(content)


def _pieces(marked: str) -> tuple[Piece, ...]:
    # Every second part of what is split by a pattern with a group is what the group matched.
    parts = _MATCH.split(marked)
    return tuple(Piece(text, place % 2 == 1) for place, text in enumerate(parts) if text)
