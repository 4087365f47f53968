"""Filters of a search: queries as JSON, and `field=value` by the mapping."""

from typing import Any

import pytest

from components.elasticsearch.embedding.filters import build_filters
from components.elasticsearch.embedding.searched_index import read_searched_index
from components.elasticsearch.errors import FilterError
from tests.unit.elasticsearch.recording import RecordedCluster

PROPERTIES = {
    "content": {"type": "text"},
    "content_embedding": {"type": "dense_vector", "dims": 8, "index_options": {"type": "int8_hnsw"}},
    "language": {"type": "keyword"},
    "title": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}},
    "year": {"type": "long"},
    "author": {"properties": {"name": {"type": "keyword"}}},
    "reviews": {"type": "nested", "properties": {"stars": {"type": "integer"}, "by": {"type": "keyword"}}},
    "labels": {"type": "flattened"},
}
MAPPING = {"x-1": {"mappings": {"properties": PROPERTIES, "runtime": {"decade": {"type": "long"}}}}}


def built(*filters: str) -> list[dict[str, Any]]:
    """Return the queries for filters of an index with MAPPING."""
    searched = read_searched_index(RecordedCluster({"GET /x/_mapping": MAPPING}), "x")
    return build_filters(filters, searched.fields)


@pytest.mark.parametrize(
    ("filter_", "query"),
    [
        ("language=de", {"term": {"language": {"value": "de"}}}),
        ("language=a=b", {"term": {"language": {"value": "a=b"}}}),
        ("language=", {"term": {"language": {"value": ""}}}),
        ("title=Two words", {"term": {"title.keyword": {"value": "Two words"}}}),
        ("title.keyword=Two words", {"term": {"title.keyword": {"value": "Two words"}}}),
        ("content=two words", {"match": {"content": {"query": "two words", "operator": "and"}}}),
        ("year=2020", {"match": {"year": {"query": "2020", "operator": "and"}}}),
        ("decade=2020", {"match": {"decade": {"query": "2020", "operator": "and"}}}),
        ("author.name=Ann", {"term": {"author.name": {"value": "Ann"}}}),
        ("labels.team=red", {"term": {"labels.team": {"value": "red"}}}),
        ("_id=7", {"ids": {"values": ["7"]}}),
        (
            "reviews.by=Ann",
            {"nested": {"path": "reviews", "query": {"term": {"reviews.by": {"value": "Ann"}}}}},
        ),
        (' {"range": {"year": {"gte": 2020}}}', {"range": {"year": {"gte": 2020}}}),
    ],
)
def test_a_filter_becomes_this_query(filter_: str, query: dict[str, Any]) -> None:
    assert built(filter_) == [query]


def test_several_filters_are_several_queries() -> None:
    assert len(built("language=de", "year=2020")) == 2


@pytest.mark.parametrize(
    ("filter_", "told"),
    [
        ("langauge=de", "no field langauge. Did you mean language?"),
        ("author=Ann", "no field author. Did you mean author.name?"),
        ("zzz=1", "no field zzz. They have author.name, content, decade, labels, language, reviews.by"),
        ("de", '"de" is neither field=value nor an Elasticsearch query as JSON'),
        ("=de", "neither field=value"),
        ("content_embedding=1", "cannot be narrowed by it"),
        ('{"term": ', "is not JSON"),
        ('{"term": {"year": NaN}}', "NaN is no JSON"),
        ('{"a": {}, "b": {}}', "must be one Elasticsearch query"),
        ("{}", "must be one Elasticsearch query"),
        ('{"a":' * 100_000, "is not JSON"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_filter_is_refused_in_words(filter_: str, told: str) -> None:
    with pytest.raises(FilterError) as refused:
        built(filter_)
    assert told in str(refused.value)
    assert len(str(refused.value)) < 1000
