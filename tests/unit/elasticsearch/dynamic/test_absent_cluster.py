"""What becomes of things in a cluster that is gone, or does not let us in."""

import pytest

from components.elasticsearch.dynamic.provider import ClusterProvider
from components.elasticsearch.errors import (
    ElasticsearchError,
    TlsError,
    UnavailableError,
)
from tests.unit.elasticsearch.dynamic.resources import GONE, IN_CLUSTER, NAMES, REFUSED, UNANSWERED, outputs
from tests.unit.elasticsearch.recording import RecordedCluster


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize(
    ("managed", "error", "told"),
    [
        (
            True,
            UNANSWERED,
            "was left to go with the stack's node at http://es.test:9200, which does not answer.",
        ),
        (
            True,
            REFUSED,
            "was left to go with the stack's node at http://es.test:9200, which answers nothing of use.",
        ),
        (False, UNANSWERED, "remains at http://es.test:9200, which does not answer."),
        # As 0.1.0 wrote it.
        (None, UNANSWERED, "remains at http://es.test:9200, which does not answer."),
    ],
    ids=["gone node", "node with another password", "gone cluster", "gone cluster, state of 0.1.0"],
)
def test_what_lives_in_a_cluster_that_is_gone_is_left_with_a_line(
    kind: type[ClusterProvider],
    managed: bool | None,
    error: ElasticsearchError,
    told: str,
    cluster: RecordedCluster,
    waited_for: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.answers = dict.fromkeys(("GET /", *GONE.values(), "GET /_ingest/pipeline"), error)
    kind().delete("id", outputs(kind, **({} if managed is None else {"managed": managed})))
    assert capsys.readouterr().out == f"{NAMES[kind]} {told}\n"
    assert cluster.written == []
    assert list(waited_for) == ([] if error is REFUSED else ["http://es.test:9200"])


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("error", [REFUSED, UnavailableError("503"), TlsError("expired")])
def test_a_cluster_of_others_that_is_there_is_not_left_in_silence(
    kind: type[ClusterProvider],
    error: ElasticsearchError,
    cluster: RecordedCluster,
    waited_for: dict[str, float],
) -> None:
    del waited_for
    cluster.answers = dict.fromkeys(("GET /", *GONE.values(), "GET /_ingest/pipeline"), error)
    with pytest.raises(type(error)):
        kind().delete("id", outputs(kind, managed=False))


@pytest.mark.parametrize("kind", IN_CLUSTER)
def test_what_lives_in_a_node_that_is_gone_is_gone(
    kind: type[ClusterProvider],
    cluster: RecordedCluster,
    waited_for: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    del waited_for
    cluster.answers["GET /"] = UNANSWERED
    found = kind().read("id", outputs(kind, managed=True))
    assert (found.id, found.outs) == ("", {})
    assert "the stack's node does not answer, so it counts as gone" in capsys.readouterr().out


@pytest.mark.parametrize("kind", IN_CLUSTER)
@pytest.mark.parametrize("managed", [False, None])
def test_what_lives_in_another_cluster_that_does_not_answer_counts_as_unchanged(
    kind: type[ClusterProvider],
    managed: bool | None,
    cluster: RecordedCluster,
    waited_for: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    del waited_for
    cluster.answers["GET /"] = UNANSWERED
    known = outputs(kind, **({} if managed is None else {"managed": managed}))
    found = kind().read("id", known)
    assert found.id == "id"
    assert found.outs == {key: value for key, value in known.items() if key != "__provider"}
    assert kind().diff("id", found.outs, known).changes is False
    assert "counts as unchanged. Nothing answers" in capsys.readouterr().out
