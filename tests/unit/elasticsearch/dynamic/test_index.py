"""The index as a resource: where it is, what a refresh counts, and what is not deleted."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.documents.digest import digest_of
from components.elasticsearch.dynamic.index import IndexProvider
from components.elasticsearch.errors import (
    DocumentsAtRiskError,
)
from components.elasticsearch.generations.index import build_index
from tests.unit.elasticsearch.dynamic.resources import held, inputs, outputs, scanned
from tests.unit.elasticsearch.generations.made import WANTED
from tests.unit.elasticsearch.recording import RecordedCluster, missing


@pytest.mark.parametrize(
    ("named", "made", "state"),
    [
        ({"i-1": build_index(WANTED)}, {}, "in place"),
        ({"x": {"mappings": {}}}, {"jina-demo-1": build_index(WANTED)}, "moved"),
        ({}, {"jina-demo-1": build_index(WANTED)}, "moved"),
        ({"x": {"mappings": {}}}, {}, "of another index"),
    ],
)
def test_an_index_is_read_where_its_alias_points_to(
    named: dict[str, Any], made: dict[str, Any], state: str, cluster: RecordedCluster
) -> None:
    cluster.answers |= {"GET /jina-demo": named or missing(), "GET /jina-demo-*": made}
    scanned(cluster, *named, *made)
    for index in (*named, *made):
        cluster.answers |= {f"GET /{index}/_count": {"count": 0}, f"POST /{index}/_mget": {"docs": []}}
    found = IndexProvider().read("id", outputs(IndexProvider))
    assert found.outs is not None
    assert found.outs["alias_state"] == state
    changed = IndexProvider().diff("id", found.outs, inputs(IndexProvider)).changes
    assert changed is (state != "in place")


def test_a_refresh_counts_stale_documents_and_prints_the_command_that_mends(
    cluster: RecordedCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    held(cluster, 3)
    hit = {"_id": "a", "_seq_no": 1, "_primary_term": 1, "_source": {"content": "text"}, "sort": [1, 1]}
    embedded = {**hit, "matched_queries": ["content_embedding"]}
    other = {**embedded, "_source": {"content": "text", "content_digest": digest_of("another")}}
    right = {**embedded, "_source": {"content": "text", "content_digest": digest_of("text")}}
    scanned(cluster, "i-1", hits=[hit, embedded, other, right])
    found = IndexProvider().read("id", outputs(IndexProvider)).outs
    assert found is not None
    assert (found["stale_documents"], found["unembedded_documents"]) == (2, 1)
    told = capsys.readouterr().out
    assert "1 with an embedding of another text than theirs" in told
    assert "jinactl repair" in told
    assert IndexProvider().diff("id", found, inputs(IndexProvider)).changes is False
    scanned(cluster, "i-1", hits=[right])
    again = IndexProvider().read("id", found).outs
    assert again is not None
    assert (again["stale_documents"], capsys.readouterr().out) == (0, "")


def test_an_index_with_documents_is_not_deleted(cluster: RecordedCluster) -> None:
    held(cluster, 2)
    with pytest.raises(DocumentsAtRiskError):
        IndexProvider().delete("id", outputs(IndexProvider))
    assert "DELETE /i-1" not in cluster.written
    IndexProvider().delete("id", outputs(IndexProvider, delete_data="jina-demo"))
    assert "DELETE /i-1" in cluster.written


def test_another_name_of_the_index_leaves_the_old_one_with_peoples_documents(
    cluster: RecordedCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    held(cluster, 2)
    made = {"other-768-f16-59cfacee-1": build_index(replace(WANTED, alias="other"))}
    cluster.answers["GET /other"] = [missing(), made]
    scanned(cluster, "other-768-f16-59cfacee-1")
    outs = IndexProvider().update("id", outputs(IndexProvider), inputs(IndexProvider, alias="other")).outs
    assert outs is not None
    assert outs["concrete_index"] == "other-768-f16-59cfacee-1"
    assert [shown for shown in cluster.written if shown.startswith("DELETE")] == ["DELETE /_pit"]
    assert "jina-demo is kept" in capsys.readouterr().out
