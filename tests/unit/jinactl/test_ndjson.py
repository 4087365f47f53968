"""What makes a line a document, and what is said of one that is none."""

import pytest

from components.elasticsearch.documents.bulk import Document
from jinactl.errors import CommandError
from jinactl.ndjson import read_documents


def read(*lines: str) -> list[Document]:
    return list(read_documents(lines, "docs.ndjson"))


def test_id_content_and_fields_are_kept() -> None:
    line = '{"_id": "a", "content": "text", "title": "T", "tags": ["x"]}\n'
    assert read(line) == [Document("a", "text", {"title": "T", "tags": ["x"]})]


def test_a_document_without_an_id_gets_one_of_its_content() -> None:
    first, again, other, titled = read(
        '{"content": "a"}', '{ "content":"a" }', '{"content": "b"}', '{"content": "a", "title": "T"}'
    )
    assert first.id == again.id
    assert len({first.id, other.id, titled.id}) == 3


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert [one.content for one in read('{"content": "a"}', "", " \n", '{"content": "b"}')] == ["a", "b"]
    with pytest.raises(CommandError, match=r"docs\.ndjson, line 3:"):
        read('{"content": "a"}', "", "oops")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        ('"text"', "not an object"),
        ("{}", "`content` must be a text"),
        ('{"content": ""}', "not empty"),
        ('{"content": " "}', "not empty"),
        ('{"content": 3}', "`content` must be a text"),
        ('{"content": "a", "_id": 3}', "`_id` must be a text"),
        ('{"content": "a", "_id": ""}', "`_id` must be a text"),
        ('{"content": "a", "_id": "%s"}' % ("x" * 513), "1 to 512 bytes"),
        ('{"content": "a", "content_embedding": [1]}', "`content_embedding` is made here"),
    ],
)
def test_a_line_that_is_no_document_is_told_with_its_number(line: str, told: str) -> None:
    with pytest.raises(CommandError, match=told) as raised:
        read('{"content": "a"}', line)
    assert str(raised.value).startswith("docs.ndjson, line 2: ")
