"""What makes a line a document, and what is said of one that is none."""

import pytest

from components.elasticsearch.documents.bulk import Document
from jinactl.ingest.entries import Entry, Reject
from tests.unit.jinactl.ingest.reading import documents, entries, rejects

NAME = "docs.ndjson"
GOOD = b'{"content": "good"}\n'


def test_id_content_and_fields_are_kept() -> None:
    line = b'{"_id": "a", "content": "text", "title": "T", "tags": ["x"], "content_digest": "of before"}\n'
    assert documents(line, NAME) == [Document("a", "text", {"title": "T", "tags": ["x"]})]


def test_a_document_without_an_id_gets_one_of_its_content() -> None:
    lines = b'{"content": "a"}\n{ "content":"a" }\n{"content": "b"}\n{"content": "a", "title": "T"}'
    first, again, other, titled = documents(lines, NAME)
    assert first.id == again.id == "491f82324d156b70785090b40a136759"  # as in 0.1.0
    assert len({first.id, other.id, titled.id}) == 3


def test_an_array_of_texts_is_one_text_and_stays_an_array() -> None:
    (found,) = entries(b'{"content": ["a", ["b"], "", null]}', NAME)
    assert isinstance(found, Entry)
    assert found.document.content == "a\nb"
    assert found.source == {"content": ["a", ["b"], "", None]}


def test_empty_lines_are_passed_over_and_counted() -> None:
    found = list(entries(b'{"content": "a"}\n\n \r\n{"content": "b"}', NAME))
    assert [one.origin.line for one in found] == [1, 4]


def test_a_mark_of_the_byte_order_is_no_part_of_the_text() -> None:
    assert documents(b'\xef\xbb\xbf{"content": "a"}', NAME)[0].content == "a"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"oops", "not JSON"),
        (b'{"content": "a"', "not whole JSON"),
        (b"[1]", "not an object"),
        (b'"text"', "not an object"),
        (b"{}", "has no `content`"),
        (b'{"text": "a"}', "it has text: --content-field"),
        (b'{"content": ""}', "not empty"),
        (b'{"content": " "}', "not empty"),
        (b'{"content": 3}', "must be a text"),
        (b'{"content": ["", null]}', "must be a text"),
        (b'{"content": "a", "_id": 3}', "`_id` must be a text"),
        (b'{"content": "a", "_id": ""}', "`_id` must be a text"),
        (b'{"content": "a", "_id": "%b"}' % (b"x" * 513), "1 to 512 bytes"),
        (b'{"content": "a", "content_embedding": [1]}', "`content_embedding` is made here"),
        (b'{"content": "a", "content": "b"}', "has `content` twice"),
        (b'{"content": "a", "n": [{"m": 1, "k": 2, "m": 1}]}', "has `m` twice"),
        (b'{"content": "half \\ud83d"}', "half of a surrogate pair"),
        (b'{"content": "a", "\\udc00": 1}', "half of a surrogate pair"),
        (b'{"content": "a", "n": NaN}', "NaN is no number"),
        (b'{"content": "a", "n": -Infinity}', "-Infinity is no number"),
        (b'{"content": "a", "n": 1e999}', "too large"),
        (b'{"content": "a", "n": %b}' % (b"9" * 5000), "too many digits"),
        (b'{"content": "a", "n": %b1%b}' % (b"[" * 101, b"]" * 101), "nested deeper than 100"),
        (b'{"content": "a", "n": %b1%b}' % (b"[" * 90_000, b"]" * 90_000), "nested deeper than 100"),
        (b'{"content": "caf\xe9"}', "not UTF-8 text (byte 17"),
    ],
)
def test_a_line_that_is_no_document_is_rejected_as_it_was_and_the_others_are_read(
    line: bytes, told: str
) -> None:
    found = list(entries(GOOD + line + b"\n" + GOOD, NAME))
    assert [type(one) for one in found] == [Entry, Reject, Entry]
    (reject,) = rejects(GOOD + line + b"\n" + GOOD, NAME)
    assert told in reject.reason
    assert (reject.line, reject.text.encode(errors="surrogateescape")) == (2, line)


def test_whole_surrogate_pairs_brackets_in_texts_and_large_numbers_are_documents() -> None:
    line = b'{"content": "\\ud83d\\ude00 %b", "n": 1e300, "m": 12345678901234567890}' % (b"[{" * 200)
    (found,) = documents(line, NAME)
    assert found.content.startswith("\U0001f600 [{")
    assert found.fields == {"n": 1e300, "m": 12345678901234567890}


def test_a_line_without_end_is_rejected_by_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinactl.ingest.reading.lines.LONGEST", 2000)
    found = list(entries(b'{"content": "%b"}\n' % (b"x" * 9000) + GOOD, NAME))
    assert [type(one) for one in found] == [Reject, Entry]
    assert len(found[0].origin.text) == 1000
    assert found[1].origin.line == 2
