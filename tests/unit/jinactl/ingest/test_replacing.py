"""What an ingest of chunks deletes with --replace, and what it leaves, on an index in memory."""

import json
from typing import Any

import pytest

from tests.unit.jinactl.ingest.conftest import Ingest
from tests.unit.jinactl.ingest.index_double import IndexDouble, refusal

CHUNKS = ("--chunk", "16")
REPLACE = (*CHUNKS, "--replace")


def lines(*found: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in found)


def test_a_whole_document_and_chunks_of_before_are_deleted(ingest: Ingest, index: IndexDouble) -> None:
    assert ingest(lines({"_id": "a", "content": "old"})) == 0
    long = "One sentence is here. " * 4
    assert ingest(lines({"_id": "a", "content": long}), *CHUNKS) == 0
    assert {"a", "a#1", "a#2"} <= index.stored.keys()
    assert ingest(lines({"_id": "a", "content": "new"}), *REPLACE) == 0
    assert list(index.stored) == ["a#1"]


def test_what_is_there_of_a_document_stays_where_its_new_chunks_are_refused(
    ingest: Ingest, index: IndexDouble
) -> None:
    assert ingest(lines({"_id": "a", "content": "old"}, {"_id": "b", "content": "old"})) == 0
    index.refuse = lambda _, source: refusal(400, "failed to parse field [n]") if "n" in source else None
    found = lines({"_id": "a", "content": "new", "n": "x"}, {"_id": "b", "content": "new"})
    assert ingest(found, *REPLACE) == 3
    assert sorted(index.stored) == ["a", "b#1"]


def test_a_document_whose_id_is_like_that_of_a_chunk_stays(
    ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(lines({"_id": "issue#2", "content": "Somebody's own."})) == 0
    assert ingest(lines({"_id": "issue", "content": "A text."}), *REPLACE, "--json") == 0
    assert sorted(index.stored) == ["issue#1", "issue#2"]
    assert json.loads(capsys.readouterr().out)["left"] == 0


def test_a_chunk_whose_id_is_that_of_another_document_stays(ingest: Ingest, index: IndexDouble) -> None:
    found = lines({"_id": "issue", "content": "A text."}, {"_id": "issue#1", "content": "A comment."})
    assert ingest(found, *REPLACE) == 0
    assert sorted(index.stored) == ["issue#1", "issue#1#1"]


def test_a_document_that_is_only_to_be_made_replaces_nothing(ingest: Ingest, index: IndexDouble) -> None:
    assert ingest(lines({"_id": "a", "content": "old"})) == 0
    found = lines({"create": {"_id": "a"}}, {"content": "new"})
    assert ingest(found, *REPLACE, name="docs.bulk") == 0
    assert index.stored["a"]["content"] == "old"


def test_a_deletion_that_is_refused_for_a_while_is_sent_again(
    ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(lines({"_id": "a", "content": "old"})) == 0
    closed = [
        refusal(403, "index [x] blocked by: [FORBIDDEN/8/index write (api)]", "cluster_block_exception")
    ]
    index.refuse = lambda id_, _: closed.pop() if id_ == "a" and closed else None
    assert ingest(lines({"_id": "a", "content": "new"}), *REPLACE) == 0
    assert list(index.stored) == ["a#1"]
    assert "1 documents of before were deleted" in capsys.readouterr().err
