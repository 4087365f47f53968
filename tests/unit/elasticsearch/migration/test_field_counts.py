"""Fields that fewer documents have after a migration than before it."""

from typing import Any

import pytest

from components.elasticsearch.client.failures import refusal
from components.elasticsearch.errors import IndexingError
from components.elasticsearch.migration.field_counts import Field, compare_fields, countable_fields, fields_of
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster

MAPPINGS: dict[str, Any] = {
    "properties": {
        "title": {"type": "text", "fields": {"whole": {"type": "keyword"}}},
        "author": {"properties": {"name": {"type": "keyword"}, "none": {"type": "object"}}},
        "parts": {
            "type": "nested",
            "properties": {"lines": {"type": "nested", "properties": {"n": {"type": "long"}}}},
        },
        "short": {"type": "alias", "path": "title"},
    }
}


def counted(counts: dict[str, int]) -> dict[str, Any]:
    buckets = {name: {"doc_count": count} for name, count in counts.items()}
    return {"aggregations": {"fields": {"buckets": buckets}}}


def test_fields_are_found_in_objects_nested_objects_and_other_fields() -> None:
    found = fields_of(MAPPINGS)
    assert [one.name for one in found] == ["title", "title.whole", "author.name", "parts.lines.n"]
    assert found[-1].nested == ("parts", "parts.lines")


def test_a_nested_field_is_asked_for_through_its_objects() -> None:
    inner = {"nested": {"path": "a.b", "query": {"exists": {"field": "a.b.c"}}}}
    assert Field("a.b.c", ("a", "a.b")).exists() == {"nested": {"path": "a", "query": inner}}


def test_a_type_that_cannot_be_counted_is_left_out_and_no_other() -> None:
    fields = {name: {"type": "keyword"} for name in "abcde"}
    error = refusal(CONNECTION, "POST /i/_search", 400, {"error": {"type": "x", "reason": "no exists"}})

    class Picky(RecordedCluster):
        def request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
            asked = (body or {}).get("aggs", {}).get("fields", {}).get("filters", {}).get("filters", {})
            if "d" in asked:
                raise error
            return super().request(method, path, body, **more)

    cluster = Picky(
        {"GET /i/_mapping": {"i": {"mappings": {"properties": fields}}}, "POST /i/_search": counted({})}
    )
    assert [one.name for one in countable_fields(cluster, "i")] == list("abce")


@pytest.mark.parametrize("after", [{"a": 3, "b": 2}, {"a": 5, "b": 2}])
def test_as_many_or_more_are_no_loss(after: dict[str, int]) -> None:
    answers = {"POST /old/_search": counted({"a": 3, "b": 2}), "POST /new/_search": counted(after)}
    compare_fields(RecordedCluster(answers), "new", "old", [Field("a"), Field("b")])


def test_fewer_are_told_by_name_and_numbers() -> None:
    answers = {"POST /old/_search": counted({"a": 3, "b": 2}), "POST /new/_search": counted({"a": 1})}
    told = r"a \(in 1 instead of 3\), b \(in 0 instead of 2\)\. old is in use .*DELETE /new"
    with pytest.raises(IndexingError, match=told):
        compare_fields(RecordedCluster(answers), "new", "old", [Field("a"), Field("b")])
