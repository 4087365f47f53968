"""Which settings and notes a new generation takes over."""

from typing import Any

import pytest

from components.elasticsearch.errors import ConflictError
from components.elasticsearch.generations.kept_settings import (
    default_replicas,
    kept_notes,
    kept_settings,
    replica_settings,
    room_for_fields,
    settings_afterwards,
    without_refused,
)
from tests.unit.elasticsearch.recording import RecordedCluster

PEOPLES: dict[str, Any] = {
    "lifecycle": {"name": "warm-after-a-week", "origination_date": "1"},
    "routing": {"allocation": {"require": {"box": "hot"}, "include": {"_tier_preference": "data_content"}}},
    "auto_expand_replicas": "0-1",
    "hidden": "true",
    "search": {"slowlog": {"threshold": {"query": {"warn": "10s"}}}},
    "sort": {"field": ["rank"]},
    "something_new": {"that": "a later version knows"},
}
ELASTICSEARCHS: dict[str, Any] = {
    "uuid": "x",
    "creation_date": "1",
    "provided_name": "i-1",
    "version": {"created": "9"},
    "history": {"uuid": "y"},
    "resize": {"source": {"name": "i-0"}},
    "blocks": {"write": "true"},
    "verified_before_close": "true",
    "store": {"snapshot": {"index_name": "i"}},
    "default_pipeline": "jina-embeddings",
    "final_pipeline": "theirs",
    "number_of_replicas": "1",
}


def test_all_is_kept_but_what_elasticsearch_and_this_project_set() -> None:
    lifecycle = {**PEOPLES["lifecycle"], "indexing_complete": "true"}
    allocation = {**PEOPLES["routing"]["allocation"], "initial_recovery": {"_id": "n"}, "enable": "none"}
    found = {**PEOPLES, **ELASTICSEARCHS, "lifecycle": lifecycle, "routing": {"allocation": allocation}}
    assert kept_settings(found) == PEOPLES


def test_a_setting_beside_one_that_is_left_out_is_kept() -> None:
    assert kept_settings({"store": {"type": "niofs", "snapshot": {"a": "b"}}}) == {"store": {"type": "niofs"}}


def test_settings_that_elasticsearch_calls_its_own_are_left_out_when_it_says_so() -> None:
    body = {"settings": {"index": {"a": {"b": "1", "c": "2"}, "d": "3"}}, "mappings": {}}
    told = "Validation Failed: 1: private index setting [index.a.b] can not be set explicitly;"
    assert without_refused(body, told) == {"settings": {"index": {"a": {"c": "2"}, "d": "3"}}, "mappings": {}}
    assert without_refused(body, "unknown setting [index.d]") is None


def test_the_notes_of_people_are_kept() -> None:
    ours = {"managed_by": "jina-search", "owner": "a", "identity": {}, "migration": {}, "retired": {}}
    assert kept_notes({**ours, "team": "search"}) == {"team": "search"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"number_of_replicas": 2}),
        ({"auto_expand_replicas": "false"}, {"number_of_replicas": 2}),
        ({"auto_expand_replicas": "0-all"}, {}),
    ],
)
def test_replicas_that_elasticsearch_sets_itself_are_left_to_it(
    settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert replica_settings(settings, 2) == expected


TWO = {"a": {"type": "text", "fields": {"whole": {"type": "keyword"}}}}
THREE = {**TWO, "b": {"type": "keyword"}}


@pytest.mark.parametrize(
    ("before", "after", "limit", "expected"),
    [
        (TWO, THREE, "2", 3),
        (TWO, THREE, "50", 51),
        (THREE, THREE, "3", "3"),
        (TWO, THREE, None, None),
        ({str(i): {} for i in range(1000)}, {str(i): {} for i in range(1001)}, None, 1001),
    ],
)
def test_there_is_room_for_the_fields_of_a_new_generation(
    before: dict[str, Any], after: dict[str, Any], limit: str | None, expected: object
) -> None:
    settings = {"mapping": {"total_fields": {"limit": limit}}} if limit else {}
    found = room_for_fields(settings, before, after)
    assert found.get("mapping", {}).get("total_fields", {}).get("limit") == expected


@pytest.mark.parametrize(("nodes", "replicas"), [(1, 0), (2, 1), (5, 1)])
def test_a_new_index_has_a_replica_where_there_is_a_place_for_one(nodes: int, replicas: int) -> None:
    assert (
        default_replicas(RecordedCluster({"GET /_cluster/health": {"number_of_data_nodes": nodes}}))
        == replicas
    )


@pytest.mark.parametrize(
    ("flat", "ours", "expected"),
    [
        ({}, False, {}),
        ({"index.blocks.write": "true"}, False, {"index.blocks.write": "true"}),
        ({"index.blocks.write": "true"}, True, {}),
        ({"index.blocks.write": "false"}, False, {}),
        ({"index.routing.allocation.enable": "none"}, True, {"index.routing.allocation.enable": "none"}),
    ],
)
def test_what_would_hinder_filling_is_set_afterwards(
    flat: dict[str, str], ours: bool, expected: dict[str, str]
) -> None:
    assert settings_afterwards(_set_so(flat), "i", ours=ours) == expected


@pytest.mark.parametrize("block", ["read_only", "read_only_allow_delete", "read", "metadata"])
def test_other_blocks_are_refused_with_the_way_out(block: str) -> None:
    with pytest.raises(ConflictError, match=rf'PUT /i/_settings {{"index\.blocks\.{block}": null}}'):
        settings_afterwards(_set_so({f"index.blocks.{block}": "true"}), "i", ours=False)


def _set_so(flat: dict[str, str]) -> RecordedCluster:
    return RecordedCluster({"GET /i/_settings": {"i": {"settings": flat}}})
