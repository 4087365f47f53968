"""Which documents that were refused are sent again, and what is said of the others."""

from typing import Any

import pytest

from components.elasticsearch.documents.bulk import Document, index_documents
from components.elasticsearch.documents.resending import Resending
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import IndexingError
from tests.unit.elasticsearch.recording import RecordedCluster

BLOCK = "index [jina-demo-1] blocked by: [FORBIDDEN/8/index write (api)];"


def item(status: int, kind: str, reason: str, cause: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {"type": kind, "reason": reason}
    if cause:
        error["caused_by"] = {"type": "illegal_argument_exception", "reason": cause}
    return {"_id": "a", "status": status, "error": error}


CLOSED = item(403, "cluster_block_exception", BLOCK)
SWITCHED = item(
    400,
    "document_parsing_exception",
    "[1:9] failed to parse: The [dense_vector] field [content_embedding] in doc [document with id 'a'] has a "
    "different number of dimensions [64] than defined in the mapping [128]",
)
MODEL = "Received a server error status code for request from inference entity id [jina-local-document-64] status [{}]"
BUSY = [
    *(item(status, "status_exception", "Received a server error") for status in (429, 502, 503, 504)),
    # A 5xx of the embedding server is a 400 of Elasticsearch's.
    *(item(400, "status_exception", MODEL.format(status)) for status in (502, 503, 504)),
    item(
        500,
        "exception",
        "Failed to send OpenAI embeddings request from inference entity id [jina-local-document-64]",
    ),
]
REPLACED = [
    item(
        404,
        "status_exception",
        "[jina-local-document-64] is not an inference service model or a deployed ml model",
    ),
    item(404, "resource_not_found_exception", "Inference endpoint not found [jina-local-document-64]"),
    item(400, "illegal_argument_exception", "pipeline with id [jina-embeddings] does not exist"),
]
FINAL = [
    item(400, "document_parsing_exception", "[1:9] failed to parse field [number]", "For input string: x"),
    item(403, "security_exception", "action is unauthorized"),
    item(500, "status_exception", "the input is too large"),
    item(400, "status_exception", MODEL.format(400)),
]


def bulk(*answers: dict[str, Any]) -> RecordedCluster:
    """Return a cluster that answers a document with these items in turn."""
    found = [{"items": [{"index": {**one, "_id": "a"}}]} for one in answers]
    return RecordedCluster({"POST /jina-demo/_bulk": found})


@pytest.mark.parametrize(
    "refused",
    [CLOSED, SWITCHED, *BUSY, *REPLACED],
    ids=lambda one: f"{one['status']} {one['error']['reason'][-5:]}",
)
def test_what_passes_is_waited_for(refused: dict[str, Any], slept: list[float]) -> None:
    cluster = bulk(refused, {"status": 201})
    index_documents(cluster, "jina-demo", [Document("a", "text")])
    assert len(cluster.written) == 2
    assert slept[0] <= 1.0


@pytest.mark.parametrize("refused", FINAL, ids=lambda one: str(one["status"]))
def test_what_lasts_is_told_at_once(refused: dict[str, Any], slept: list[float]) -> None:
    with pytest.raises(IndexingError, match=f"HTTP {refused['status']}"):
        index_documents(bulk(refused), "jina-demo", [Document("a", "text")])
    assert slept == []


def test_one_that_lasts_is_told_before_those_that_may_pass() -> None:
    assert Resending(through_switch=True, embedded_anew=True).pause([CLOSED, FINAL[0]]) is None


def test_an_index_that_stays_closed_is_told_with_what_to_do(slept: list[float]) -> None:
    with pytest.raises(IndexingError, match=r"closed to writers for 60 s.*`pulumi up`.*blocks\.write"):
        index_documents(bulk(*[CLOSED] * 200), "jina-demo", [Document("a", "text")])
    assert sum(slept) == 60


def test_an_embedding_of_other_dims_is_made_again_once_by_the_pipeline_alone(slept: list[float]) -> None:
    with pytest.raises(IndexingError, match="different number of dimensions"):
        index_documents(bulk(SWITCHED, SWITCHED), "jina-demo", [Document("a", "text")])
    assert len(slept) == 1
    assert Resending(through_switch=True).pause([SWITCHED]) is None


@pytest.mark.parametrize("refused", [CLOSED, SWITCHED, *REPLACED], ids=lambda one: str(one["status"]))
def test_what_a_migration_refuses_is_told_at_once_to_others(refused: dict[str, Any]) -> None:
    assert Resending().pause([refused]) is None


def test_vectors_are_held_against_the_index_each_time_before_they_are_sent(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Embedder, "embed_documents", lambda *_: [[1.0]])
    embedder = Embedder(url="", model="m", dims=1)
    cluster = bulk(CLOSED, BUSY[0], {"status": 201})
    asked: list[int] = []
    index_documents(
        cluster,
        "jina-demo",
        [Document("a", "text")],
        embedder,
        before_sending=lambda: asked.append(len(cluster.written)),
    )
    assert asked == [0, 1, 2]
    assert len(slept) == 2
