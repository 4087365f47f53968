"""Queries and judgements are read from the usual formats, and what is wrong is named with its line."""

from pathlib import Path

import pytest

from jinactl.errors import CommandError
from jinactl.evaluate.queries import Query, read_judgements, read_queries


@pytest.mark.parametrize(
    "content",
    [
        '{"_id": "1", "text": "one two"}\n\n{"_id": 2, "text": " three "}\n',
        '\ufeff{"_id": "1", "text": "one two", "more": 1}\n{"_id": "2", "text": "three"}',
        "1\tone two\n2\tthree\n",
    ],
)
def test_queries_come_as_json_or_as_columns(content: str, tmp_path: Path) -> None:
    file = tmp_path / "queries"
    file.write_text(content)

    assert read_queries(file) == [Query("1", "one two"), Query("2", "three")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "has no queries"),
        ("1\ta\n1\tb\n", "line 2: the id 1 comes twice"),
        ("only words\n", "line 1: not a query"),
        ('{"_id": "1"}\n', "line 1: a query needs `_id` and `text`"),
        ('{"_id": true, "text": "a"}\n', "line 1: a query needs"),
        ('{"_id": "1", \n', "line 1: not JSON"),
        ("[" * 100_000, "line 1: not a query"),
        ('{"a":' * 100_000, "line 1: not JSON"),
    ],
)
def test_what_is_no_query_is_named(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "queries"
    file.write_text(content)

    with pytest.raises(CommandError, match=told):
        read_queries(file)


@pytest.mark.parametrize(
    "content",
    ["q1 0 d1 2\nq1 0 d2 0\nq2 0 d1 1\n", "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td1\t1\n"],
)
def test_judgements_come_as_trec_or_beir_have_them(content: str, tmp_path: Path) -> None:
    file = tmp_path / "qrels"
    file.write_text(content)

    assert read_judgements(file) == {"q1": {"d1": 2, "d2": 0}, "q2": {"d1": 1}}


@pytest.mark.parametrize(
    ("content", "told"),
    [("", "no judgements"), ("q1 d1\n", "line 1"), ("q1 0 d1 1\nq1 0 d1 good\n", "line 2: not a judgement")],
)
def test_what_is_no_judgement_is_named(content: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "qrels"
    file.write_text(content)

    with pytest.raises(CommandError, match=told):
        read_judgements(file)
