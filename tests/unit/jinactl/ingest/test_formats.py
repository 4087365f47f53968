"""Which format a source is taken for, and what each of them makes of its content."""

import pytest

from components.elasticsearch.documents.bulk import Document
from jinactl.errors import CommandError
from jinactl.ingest.entries import Entry
from jinactl.ingest.reading.formats import Format, format_of
from tests.unit.jinactl.ingest.reading import documents, entries, rejects

LINE = b'{"content": "a"}\n'
ACTION = b'{"index": {"_id": "1"}}\n'


@pytest.mark.parametrize(
    ("name", "beginning", "expected"),
    [
        ("a.ndjson", LINE, "ndjson"),
        ("a.jsonl.gz", LINE, "ndjson"),
        ("a.json", LINE, "ndjson"),
        ("a.json", b" [" + LINE, "json"),
        ("a.ndjson", b"\xef\xbb\xbf[", "json"),
        ("a.ndjson", ACTION + LINE, "bulk"),
        ("a.ndjson", b"oops", "ndjson"),
        ("a.csv.gz", b"[a,b", "csv"),
        ("A.TSV", b"", "tsv"),
        ("a.txt", LINE, "text"),
        ("a.md", b"", "text"),
        ("standard input", LINE, "ndjson"),
        ("standard input", ACTION, "bulk"),
        ("standard input", b'{"index": "of a book", "content": "a"}', "ndjson"),
        ("standard input", b'\n\t[{"content"', "json"),
        ("standard input", b"", "ndjson"),
    ],
)
def test_the_format_is_told_from_the_name_then_from_the_content(
    name: str, beginning: bytes, expected: str
) -> None:
    assert format_of(name, beginning) == expected


@pytest.mark.parametrize(
    ("beginning", "told"),
    [
        (b"content,title\n", "say it with --format"),
        (b'{\n  "content": 1', "over several lines"),
        (b"\xff\xfe{\x00", "is UTF-16 text"),
    ],
    ids=["a table", "spread", "UTF-16"],
)
def test_what_cannot_be_told_is_refused_with_the_way_out(beginning: bytes, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        format_of("standard input", beginning)


@pytest.mark.parametrize(
    ("content", "texts", "told"),
    [
        (b"[]", [], []),
        (b'\xef\xbb\xbf [ {"content": "a"} ,\n{"content": "b"}\n]\n', ["a", "b"], []),
        (b'[{"content": "]},{\\" [", "l": [1, {"m": []}]}, {"content": "b"}]', [']},{" [', "b"], []),
        (
            b'[{"content": "a"}, 3, {"content": NaN}, {"content": "d"}]',
            ["a", "d"],
            [(2, "3"), (3, '{"content": NaN}')],
        ),
        (b'[{"content": "\xff"}, {"content": "b"}]', ["b"], [(1, '{"content": "\udcff"}')]),
        (b'[{"content": "a"},, {"content": "b"},]', ["a", "b"], [(2, "")]),
        (b'[{"content": "a"}] more', ["a"], [(2, "more")]),
        (b'[{"content": "a},\n{"content": "b"}]', [], None),
    ],
)
@pytest.mark.parametrize("piece", [3, 2**16])
def test_the_elements_of_an_array_are_read_one_by_one(
    content: bytes,
    texts: list[str],
    told: list[tuple[int, str]] | None,
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jinactl.ingest.reading.json_array.PIECE", piece)
    if told is None:
        with pytest.raises(CommandError, match="ends before its JSON array does"):
            list(entries(content, "a.json"))
        return
    found = list(entries(content, "a.json"))
    assert [one.document.content for one in found if isinstance(one, Entry)] == texts
    assert [(one.line, one.text) for one in rejects(content, "a.json")] == told


def test_an_array_that_is_cut_gives_what_came_before() -> None:
    found = entries(b'[{"content": "a"}, {"content": "b', "a.json")
    assert isinstance(next(found), Entry)
    assert "ends in the middle" in getattr(next(found), "reason", "")
    with pytest.raises(CommandError, match="after element 1"):
        next(found)


def test_files_for_bulk_give_the_documents_of_index_and_create() -> None:
    content = (
        b'{"index": {"_index": "old", "_id": 7, "routing": "r"}}\n{"content": "a"}\n'
        b'{"create": {"_id": "b"}}\n{"content": "b"}\n'
        b'{"delete": {"_id": "c"}}\n{"update": {"_id": "d"}}\n{"doc": {"content": "d"}}\noops\n'
        b'{"index": {"version": 3}}\n{"content": "e"}\n{"index": {}}\noops\n{"index": {}}\n'
    )
    found = [one for one in entries(content, "a.bulk") if isinstance(one, Entry)]
    assert [(one.document.id, one.routing, one.create) for one in found] == [
        ("7", "r", False),
        ("b", None, True),
    ]
    told = [
        (5, "the action `delete`"),
        (6, "the action `update`"),
        (8, "no action"),
        (9, "`version` in the action"),
        (11, "not JSON"),
        (13, "the file ends"),
    ]
    rejected = rejects(content, "a.bulk")
    assert [one.line for one in rejected] == [line for line, _ in told]
    assert all(one.reason.startswith(reason) for one, (_, reason) in zip(rejected, told, strict=True)), (
        rejected
    )
    assert rejected[1].text == '{"update": {"_id": "d"}}\n{"doc": {"content": "d"}}'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,title,_id\nHällo,"T, ""x""",1\n"two\nlines",,2\n'),
        ("a.csv", '\ufefftext;title;_id\r\nHällo;"T, ""x""";1\r\n"two\nlines";;2\r\n'),
        ("a.tsv", 'text\ttitle\t_id\nHällo\t"T, ""x"""\t1\n"two\nlines"\t\t2'),
    ],
    ids=["comma", "semicolon, BOM and CRLF", "tab"],
)
def test_the_rows_of_a_table_are_documents_whose_empty_cells_are_no_fields(name: str, content: str) -> None:
    assert documents(content.encode(), name, field="text") == [
        Document("1", "Hällo", {"title": 'T, "x"'}),
        Document("2", "two\nlines", {}),
    ]


def test_a_row_that_is_none_costs_no_other_row() -> None:
    content = b'content,n\nshort\na,1\n"b" c,2\nd,\xff\n"never closed,3\ne,4\n,5\nf,6\n'
    found = [one for one in entries(content, "a.csv") if isinstance(one, Entry)]
    assert [(one.document.content, one.origin.line) for one in found] == [("a", 3), ("e", 7), ("f", 9)]
    assert [(one.line, one.text) for one in rejects(content, "a.csv")] == [
        (2, "short"),
        (4, '"b" c,2'),
        (5, "d,\udcff"),
        (6, '"never closed,3'),
        (8, ",5"),
    ]


def test_rows_between_two_quotes_that_belong_to_no_pair_are_not_lost() -> None:
    table = b'_id\tcontent\n1\t"Quoted, at first\n2\ttext\n3\tof 3"\n4\t"two\nlines"\n'
    found = list(entries(table, "a.tsv"))
    documents_found = [one.document for one in found if isinstance(one, Entry)]
    assert [(one.id, one.content) for one in documents_found] == [
        ("2", "text"), ("3", 'of 3"'), ("4", "two\nlines")
    ]  # fmt: skip
    (told,) = rejects(table, "a.tsv")
    assert (told.line, told.text) == (2, '1\t"Quoted, at first')
    assert "closed in another row" in told.reason


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("a,b", "no column `content`. Its columns are a, b"),
        ("content,content", "names 'content' twice"),
        ("content,", "a column without a name"),
        ('"content', "cannot be read"),
    ],
)
def test_a_header_that_names_no_columns_is_refused(header: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        list(entries(f"{header}\n1,2\n".encode(), "a.csv"))


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("notes/a.md", "intro\n# The title #\n## other\n", "The title"),
        ("notes/a.markdown", "no heading", "a"),
        ("notes/b.c.txt", "# no Markdown", "b.c"),
    ],
)
def test_a_text_is_one_document_named_by_its_path(name: str, content: str, title: str) -> None:
    expected = Document(name, content, {"source": name, "title": title})
    assert documents(content.encode(), name) == [expected]


@pytest.mark.parametrize(("content", "told"), [(b" \n", "the file is empty"), (b"\xff", "not UTF-8 text")])
def test_a_text_that_is_none_is_rejected(content: bytes, told: str) -> None:
    (reject,) = rejects(content, "a.txt")
    assert reject.reason.startswith(told)


def test_a_format_that_is_given_counts_more_than_the_name() -> None:
    wanted: Format = "ndjson"
    assert documents(LINE, "a.txt", wanted)[0].content == "a"
    with pytest.raises(CommandError, match="does not begin with"):
        list(entries(LINE, "a.json", "json"))
