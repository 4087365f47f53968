"""The rules of role, prefix, cut and length, as pure functions; embedding_rules.json of the tests holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["query", "document"]
LaneName = Literal["queries", "documents"]
Vectors = NDArray[np.float32]

LANES: Mapping[Role, LaneName] = {"query": "queries", "document": "documents"}

ROLES: Mapping[str, Role] = {
    "query": "query",
    "search_query": "query",
    "retrieval.query": "query",
    "document": "document",
    "passage": "document",
    "search_document": "document",
    "retrieval.passage": "document",
}
"""What clients send as `task` or `input_type`, and the role that it means."""

SPECIAL_TOKENS = 8
"""A text has at most as many tokens as bytes, and so many that the model puts around it."""


@dataclass(frozen=True)
class Model:
    """The model that is served: `prefixes` by role, `width`, and the dims it was trained for.

    `names` are those by which clients may ask for it; the first is in the answers.
    """

    names: Sequence[str]
    prefixes: Mapping[Role, str]
    width: int
    trained_dims: Sequence[int]


def prefixed(text: str, prefix: str) -> str:
    """Return the text with the prefix before it, once: a text that starts with exactly the prefix stays as it is."""
    return text if text.startswith(prefix) else prefix + text


def lane_of(texts: Sequence[str], role: Role | None, query_prefix: str) -> LaneName:
    """Return the lane of the role; without one, queries are texts that all carry the query prefix."""
    if role is None:
        role = (
            "query" if query_prefix and all(text.startswith(query_prefix) for text in texts) else "document"
        )
    return LANES[role]


def cut(vectors: Vectors, dims: int) -> Vectors:
    """Return the first `dims` numbers of each row, with length 1 again; a row of zeros stays one."""
    if dims == vectors.shape[1]:
        return vectors
    kept = vectors[:, :dims].astype(np.float64)
    lengths = np.linalg.norm(kept, axis=1, keepdims=True)
    return (kept / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def may_exceed(text: str, context: int) -> bool:
    """Tell whether the text could have more tokens than the context; where not, nobody needs to count them."""
    most_bytes = context - SPECIAL_TOKENS
    return len(text) * 4 > most_bytes and len(text.encode()) > most_bytes


def shortened(tokens: Sequence[int], plain: Sequence[int], context: int) -> list[int]:
    """Return the first tokens of a text, as many as fit into the context with those that the model puts at the end.

    `tokens` are all of the text, `plain` those without the ones that the model puts around it.
    """
    around = len(tokens) - len(plain)
    at_end = next((n for n in range(around + 1) if tokens[around - n : len(tokens) - n] == plain), 0)
    return [*tokens[: context - at_end], *tokens[len(tokens) - at_end :]]
