"""Where texts are split, by how many tokens, and what is found of a document that was longer before."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.elasticsearch.documents.bulk import Document
from jinactl.ingest.chunking.chunks import Chunk, split
from jinactl.ingest.chunking.documents import Chunking, chunk_id, left_behind
from jinactl.ingest.chunking.sentences import sentences
from jinactl.ingest.entries import Entry, Origin, RejectedError
from tests.fixtures.embedding_server import tokens_of


def entry(content: str, id_: str = "a", routing: str | None = None, **fields: object) -> Entry:
    return Entry(Document(id_, content, fields), Origin("docs.ndjson", 1, ""), routing)


def whole(text: str) -> list[str]:
    return [text[begin:end].strip() for begin, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["It rains.", "Does it?", "It does!", "So it goes…"],
        ["He said: “Go.”", "They went (at last).", "The end."],
        ["Dr. Smith of St. Ives paid 3.14 euros, e.g. for tea.", "Mr. A. Turing paid the rest."],
        ["Am 3. Mai kam z. B. niemand.", "Größer als zuvor."],
        ["«Où va-t-on ?»", "On ne sait pas."],
        ["今日は晴れです。", "「散歩に行こう。」", "はい。"],
        ["यह एक वाक्य है।", "यह दूसरा है।"],
        ["هل تمطر؟", "نعم."],
        ["A heading", "A paragraph\nof two lines.", "- a list"],
        ["no end at all"],
    ],
    ids=lambda one: one[0][:12],
)
def test_sentences_end_where_they_end_in_many_scripts(expected: list[str]) -> None:
    joined = "" if expected[0][0] == "今" else "\n\n" if expected[0] == "A heading" else " "
    assert whole(joined.join(expected)) == expected


def test_chunks_end_at_sentences_and_begin_with_the_last_of_the_one_before() -> None:
    texts = [f"Sentence {letter * 4}." for letter in "abcdefghijkl"]  # of four tokens each
    chunks = [one.text for one in split(" ".join(texts), 16, 4, tokens_of)]
    assert chunks[0] == " ".join(texts[:4])
    assert chunks[1] == " ".join(texts[3:7])
    assert chunks[-1].endswith(texts[-1])
    assert [one.text for one in split(" ".join(texts), 16, 0, tokens_of)][1] == " ".join(texts[4:8])


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("word " * 500, 30),
        ("x" * 4000, 60),
        ("A. " + "y" * 3000 + " End. Fine. " * 20, 40),
        ("日" * 2000, 30),
    ],
    ids=["words", "one word", "one long word among sentences", "no spaces"],
)
def test_a_sentence_without_end_is_split_between_words_and_a_word_between_characters(
    text: str, least: int
) -> None:
    chunks = list(split(text, 16, 0, tokens_of))
    assert len(chunks) >= least
    assert all(" " not in text[one.end : one.end + 1] or text[one.end] == " " for one in chunks)
    assert_whole(text, 16, chunks)
    if " " in text and "y" not in text:
        assert all(one.text.endswith("word") and one.text.startswith("word") for one in chunks)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["word", "a", ". ", "! ", " ", "\n\n", "。", "lange" * 9, "é", "́", "😀"]),
        max_size=120,
    ),
    st.integers(16, 40),
    st.integers(0, 8),
)
def test_nothing_of_a_text_is_lost_and_no_chunk_is_too_long(
    parts: list[str], limit: int, overlap: int
) -> None:
    text = "".join(parts)
    assert_whole(text, limit, list(split(text, limit, overlap, tokens_of)))


def assert_whole(text: str, limit: int, chunks: Sequence[Chunk]) -> None:
    """Assert that each chunk is what its place says, that none is too long, and that together they are the text."""
    covered: set[int] = set()
    for one in chunks:
        assert text[one.start : one.end] == one.text
        assert 0 < tokens_of(one.text) <= limit or tokens_of(one.text) == 0 < len(one.text)
        covered |= set(range(one.start, one.end))
    assert all(text[at].isspace() for at in range(len(text)) if at not in covered)
    assert [one.end for one in chunks] == sorted({one.end for one in chunks})


def test_a_text_is_counted_about_once_for_each_chunk() -> None:
    counted = []

    def count(text: str) -> int:
        counted.append(text)
        return tokens_of(text)

    chunks = list(split("This is a sentence of some words. " * 400, 64, 8, count))
    assert len(counted) <= 2 * len(chunks)
    assert max(map(len, counted)) < 64 * 8


def test_the_documents_of_chunks_name_their_document_and_place() -> None:
    first, second = Chunking(16, 0, tokens_of).entries(entry("Some words here. " * 6, routing="r", title="T"))
    text = first.document.content
    assert first.document == Document(
        "a#1", text, {"source": "a", "title": "T", "chunk": 1, "chunk_start": 0, "chunk_end": len(text)}
    )
    assert (second.document.id, second.routing) == ("a#2", "r")


def test_a_source_of_its_own_stays_and_other_names_of_ours_are_refused() -> None:
    (found,) = Chunking(16, 0, tokens_of).entries(entry("text", source="https://a.test"))
    assert found.document.fields["source"] == "https://a.test"
    with pytest.raises(RejectedError, match="has a field `chunk` of its own"):
        Chunking(16, 0, tokens_of).entries(entry("text", chunk=3))


def test_the_id_of_a_chunk_is_never_too_long() -> None:
    ids = {chunk_id("é" * 255 + str(parent), number) for parent in range(2) for number in range(1, 4)}
    assert len(ids) == 6
    assert all(len(one.encode()) <= 512 for one in ids)


@pytest.mark.parametrize(
    ("there", "chunks", "left"),
    [
        ({"a#1", "a#2"}, 2, []),
        ({"a#1", "a#2", "a#3", "b#4"}, 1, ["a#3", "a#2"]),
        ({"a", "a#1"}, 1, ["a"]),
        ({"a", "a#1", "a#2", "a#3"}, 1, ["a", "a#3", "a#2"]),
        ({f"a#{number}" for number in range(1, 40)}, 3, [f"a#{number}" for number in range(39, 3, -1)]),
        ({f"a#{number}" for number in range(1, 18)}, 1, [f"a#{number}" for number in range(17, 1, -1)]),
    ],
    ids=["nothing", "two", "the whole document", "both", "many", "as many as are asked for"],
)
def test_what_is_left_of_a_longer_document_is_found_the_last_first(
    there: set[str], chunks: int, left: list[str]
) -> None:
    def number(id_: str) -> int | None:
        return int(id_.partition("#")[2] or 0) if id_ in there else None

    found = left_behind([(entry("text"), chunks)], lambda asked: [number(one["_id"]) for one in asked])
    assert [one["_id"] for one in found] == left
