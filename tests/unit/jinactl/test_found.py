"""What `jinactl search` shows of what it found."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from components.elasticsearch.embedding.hits import Hit, Piece, Side
from components.elasticsearch.embedding.search import Answer
from components.elasticsearch.embedding.searched_index import SearchedIndex
from jinactl import console as ours
from jinactl.found import explain, in_json, in_line, table

SEARCHED = SearchedIndex("x-1", 8, "hnsw")
HIT = Hit(
    "7",
    0.5,
    "A cat.\nA \x1b[31mdog.",
    (Piece("A ", False), Piece("cat", True), Piece(".\nA \x1b[31mdog.", False)),
    {"title": "Pets"},
    Side(2, 0.9),
    None,
)


def shown(**options: Any) -> str:
    """Return the table of HIT as a terminal shows it."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80, color_system="standard", **options)
    console.print(table(Answer(hits=[HIT], searched=SEARCHED), "hybrid", sides=True))
    return screen.getvalue()


def test_in_json_a_hit_has_everything() -> None:
    assert in_json(HIT, "hybrid", sides=True) == {
        "_id": "7",
        "_score": 0.5,
        "content": HIT.content,
        "snippet": HIT.content,
        "fields": {"title": "Pets"},
        "semantic": {"rank": 2, "score": 0.9},
        "text": None,
    }


def test_sides_are_only_told_of_a_fused_search_that_asked_for_them() -> None:
    assert "semantic" not in in_json(HIT, "hybrid", sides=False)
    assert "semantic" not in in_json(HIT, "semantic", sides=True)


def test_in_a_line_no_text_can_break_the_line_or_the_terminal() -> None:
    assert in_line(HIT) == "0.5000  7  A cat. A [31mdog."


def test_half_a_surrogate_pair_is_shown_as_a_space_and_in_json_as_an_escape(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hit = Hit("7\n8", 0.5, "café \ud83d!")
    assert in_line(hit) == "0.5000  7 8  café !"
    ours.Console().json(in_json(hit, "text", sides=False))
    ours.Console().json("café")
    found, plain = capsys.readouterr().out.splitlines()
    assert json.loads(found)["content"] == hit.content
    assert plain == '"café"'


def test_in_a_table_the_matched_words_are_bold_and_both_sides_told() -> None:
    told = shown()
    assert "\x1b[1mcat\x1b[0m" in told
    assert "#2 0.9000" in told
    assert "\x1b[31m" not in told


@pytest.mark.parametrize(("mode", "candidates"), [("semantic", 200), ("hybrid", 200), ("text", None)])
def test_an_explanation_says_what_was_asked(mode: Any, candidates: int | None) -> None:
    body = {"knn": {"query_vector": [0.1] * 8}, "pit": {"id": "long"}, "filter": [{"term": {"a": 1}}]}
    answer = Answer(
        hits=[],
        searched=SEARCHED,
        requests=[("/x/_search", body)],
        fused_by="this program",
        embedding_seconds=0.25,
    )
    told = explain(answer, mode, 3)
    assert told.get("num_candidates") == candidates
    assert told["embedding_milliseconds"] == 250.0
    assert told["requests"][0]["body"] == {
        "knn": {"query_vector": [0.1, 0.1, 0.1, "… 8 numbers"]},
        "pit": {"id": "…"},
        "filter": [{"term": {"a": 1}}],
    }
    assert told.get("rank_window_size") == (100 if mode == "hybrid" else None)
