"""Hits, as they are read from an answer."""

from typing import Any

import pytest

from components.elasticsearch.embedding.hits import Piece, read_hit

FOUND: dict[str, Any] = {
    "_id": "7",
    "_score": 0.5,
    "_source": {"content": "A cat and a dog.", "title": "Pets"},
    "highlight": {"content": ["A \ufdd0cat\ufdd1 and a \ufdd0dog\ufdd1."]},
}


def test_text_fields_and_the_matched_words_are_told() -> None:
    hit = read_hit(FOUND)
    assert (hit.id, hit.score, hit.content, hit.fields) == ("7", 0.5, "A cat and a dog.", {"title": "Pets"})
    pieces = [Piece("A ", False), Piece("cat", True), Piece(" and a ", False), Piece("dog", True)]
    assert hit.snippet == (*pieces, Piece(".", False))


@pytest.mark.parametrize(
    ("content", "text"),
    [("short", "short"), (["one", "two"], "one\ntwo"), ("x" * 1000, "x" * 200), ("", "")],
    ids=["short", "an array", "long", "none"],
)
def test_without_a_matched_word_the_snippet_is_the_beginning(content: object, text: str) -> None:
    hit = read_hit({**FOUND, "_source": {"content": content}, "highlight": {}})
    assert "".join(piece.text for piece in hit.snippet) == text
    assert not any(piece.matched for piece in hit.snippet)
