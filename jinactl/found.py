"""Shows what a search found: a line of JSON, a line of text, or a row of a table, for each hit."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from components.elasticsearch.embedding.candidates import effort_of
from components.elasticsearch.embedding.fusion import RANK_CONSTANT
from components.elasticsearch.embedding.hits import Hit, Side
from components.elasticsearch.embedding.queries import WINDOW
from components.elasticsearch.embedding.search import Answer, Mode

NUMBERS_SHOWN = 3
"""Of a vector in an explanation."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\s\ud800-\udfff]+")
"""White space, what could move a terminal's cursor or change its colours, and halves of surrogate pairs."""


def in_json(hit: Hit, mode: Mode, *, sides: bool) -> dict[str, Any]:
    """Return a hit as plain values: `_id`, `_score`, `content`, `snippet`, the other fields, and the sides' ranks."""
    shown: dict[str, Any] = {
        "_id": hit.id,
        "_score": hit.score,
        "content": hit.content,
        "snippet": "".join(piece.text for piece in hit.snippet),
        "fields": dict(hit.fields),
    }
    if mode == "hybrid" and sides:
        shown |= {
            name: asdict(side) if side else None
            for name, side in (("semantic", hit.semantic), ("text", hit.text))
        }
    return shown


def in_line(hit: Hit) -> str:
    """Return a hit as one line: score, id and text."""
    return f"{hit.score:.4f}  {_printable(hit.id)}  {_printable(hit.content)}"


def table(answer: Answer, mode: Mode, *, sides: bool) -> Table:
    """Return the hits as a table for a terminal, with the words of the query in bold."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("score", justify="right", no_wrap=True)
    with_sides = mode == "hybrid" and sides
    if with_sides:
        shown.add_column("meaning", no_wrap=True)
        shown.add_column("words", no_wrap=True)
    shown.add_column("id", overflow="fold", max_width=32)
    shown.add_column("text", overflow="fold")
    for hit in answer.hits:
        ranks = [_side(hit.semantic), _side(hit.text)] if with_sides else []
        shown.add_row(f"{hit.score:.4f}", *ranks, Text(_printable(hit.id)), _snippet(hit))
    return shown


def explain(answer: Answer, mode: Mode, size: int) -> dict[str, Any]:
    """Return how the search was made, as plain values; of vectors only the first numbers."""
    searched, window = answer.searched, max(size, WINDOW)
    told: dict[str, Any] = {"mode": mode, "index": searched.name}
    if mode != "text":
        knn = effort_of(searched.index_options).knn(window if mode == "hybrid" else size)
        told |= {"dims": searched.dims, "index_options": searched.index_options, **knn}
    if mode == "hybrid":
        fused = {"rank_constant": RANK_CONSTANT, "rank_window_size": window}
        told |= {"fused_by": answer.fused_by, **fused}
    return told | {
        "embedding_milliseconds": round(1000 * answer.embedding_seconds, 1),
        "searching_milliseconds": round(1000 * answer.searching_seconds, 1),
        "requests": [{"POST": path, "body": _shortened(body)} for path, body in answer.requests],
    }


def _shortened(value: Any) -> Any:
    """Return a request without what nobody reads: most numbers of a vector, and the name of a point in time."""
    if isinstance(value, Mapping):
        return {key: _cut(key, _shortened(inside)) for key, inside in value.items()}
    return [_shortened(one) for one in value] if isinstance(value, list) else value


def _cut(key: str, value: Any) -> Any:
    if key == "query_vector" and len(value) > NUMBERS_SHOWN:
        return [*value[:NUMBERS_SHOWN], f"… {len(value)} numbers"]
    if key == "pit":
        return {"id": "…"}
    return value


def _side(side: Side | None) -> str:
    return f"#{side.rank} {side.score:.4f}" if side else "-"


def _snippet(hit: Hit) -> Text:
    text = Text()
    for piece in hit.snippet:
        text.append(_CONTROL.sub(" ", piece.text), style="bold" if piece.matched else "")
    return text


def _printable(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()
