"""The guard: what it refuses, what it agrees to, and what it says when it cannot see."""

import pytest

from components.elasticsearch.dynamic.deletion_guard import DeletionGuardProvider
from components.elasticsearch.errors import (
    DocumentsAtRiskError,
    ElasticsearchError,
    UnavailableError,
)
from tests.unit.elasticsearch.dynamic.resources import REFUSED, UNANSWERED, held, outputs
from tests.unit.elasticsearch.recording import RecordedCluster


@pytest.mark.parametrize(
    ("scope", "count", "others", "told"),
    [
        ("index", 2, {}, "Index jina-demo holds 2 documents"),
        ("node", 1, {}, "node holds 1 document "),
        ("node", 0, {"mine": 3}, "3 in mine"),
    ],
)
def test_the_guard_refuses_and_names_the_commands_that_allow_it(
    scope: str, count: int, others: dict[str, int], told: str, cluster: RecordedCluster
) -> None:
    held(cluster, count, **others)
    with pytest.raises(DocumentsAtRiskError, match=told) as raised:
        DeletionGuardProvider().delete("id", outputs(DeletionGuardProvider, scope=scope))
    command = "pulumi config set elasticsearchDeleteData jina-demo && pulumi up && pulumi destroy"
    assert command in str(raised.value)


@pytest.mark.parametrize(("scope", "others"), [("index", {"mine": 3}), ("node", {"empty": 0})])
def test_the_guard_agrees_when_nothing_would_be_lost(
    scope: str, others: dict[str, int], cluster: RecordedCluster
) -> None:
    held(cluster, 0, **others)
    DeletionGuardProvider().delete("id", outputs(DeletionGuardProvider, scope=scope))
    assert not [shown for shown in cluster.written if shown.startswith("DELETE")]


def test_the_guard_agrees_without_a_request_when_documents_were_given_up(cluster: RecordedCluster) -> None:
    for scope in ("index", "node"):
        given_up = outputs(DeletionGuardProvider, scope=scope, delete_data="jina-demo")
        DeletionGuardProvider().delete("id", given_up)
    assert cluster.asked == []


@pytest.mark.parametrize("error", [UNANSWERED, REFUSED, UnavailableError("503")])
@pytest.mark.parametrize("managed", [True, False])
def test_the_guard_says_what_to_do_when_it_cannot_see_the_documents(
    error: ElasticsearchError, managed: bool, cluster: RecordedCluster
) -> None:
    cluster.answers |= {"GET /": error, "GET /jina-demo": error}
    guarded = outputs(DeletionGuardProvider, managed=managed)
    with pytest.raises(type(error), match=r"nothing was deleted.*elasticsearchDeleteData") as raised:
        DeletionGuardProvider().delete("id", guarded)
    assert str(error) in str(raised.value)
    assert DeletionGuardProvider().read("id", guarded).id == "id"


@pytest.mark.parametrize("given_up", ["", "jina-demo", "news"])
def test_the_guard_of_the_node_asks_until_every_index_is_given_up(
    given_up: str, cluster: RecordedCluster
) -> None:
    for alias in ("jina-demo", "news"):
        meta = {"managed_by": "jina-search", "alias": alias, "owner": "me"}
        cluster.answers |= {
            f"GET /{alias}": {f"{alias}-1": {"mappings": {"_meta": meta}, "aliases": {alias: {}}}},
            f"GET /{alias}-1/_count": {"count": 2},
            f"POST /{alias}-1/_mget": {"docs": []},
        }
    resolved = [{"name": "jina-demo-1"}, {"name": "news-1"}]
    cluster.answers["GET /_resolve/index/*"] = {"indices": resolved}
    guard = outputs(DeletionGuardProvider, scope="node", siblings=["news"], owner="me", delete_data=given_up)
    with pytest.raises(DocumentsAtRiskError, match="elasticsearchDeleteData jina-demo,news ") as raised:
        DeletionGuardProvider().delete("id", guard)
    for alias in ("jina-demo", "news"):
        assert (f"2 in {alias}-1" in str(raised.value)) is (alias != given_up)
    cluster.asked.clear()
    DeletionGuardProvider().delete("id", {**guard, "delete_data": "news,jina-demo"})
    assert cluster.asked == []
