"""`jinactl repair`: what it counts, and what it writes of the documents that it finds."""

from typing import Any

import pytest

from components.elasticsearch.documents.digest import digest_of
from components.elasticsearch.fields import DIGEST, VECTOR
from tests.unit.jinactl.conftest import INDEX, Jinactl, Opened

IN_CLIENT: dict[str, object] = {"inferenceEndpoint": ""}


def hit(id_: str, number: int, text: str, digest: str | None, *, embedded: bool = True) -> dict[str, Any]:
    source = {"content": text} | ({DIGEST: digest} if digest else {})
    matched = {"matched_queries": [VECTOR]} if embedded else {}
    return {"_id": id_, "_seq_no": number, "_primary_term": 1, "_source": source, "sort": [number], **matched}


HITS = [
    hit("fine", 0, "text", digest_of("text")),
    hit("stale", 1, "new", digest_of("old")),
    hit("unknown", 2, "text", None),
    hit("emptied", 3, "", digest_of("old")),
    hit("without", 4, "text", None, embedded=False),
]


@pytest.fixture(autouse=True)
def held(cluster: Opened) -> None:
    """Have the index hold one document of each kind, all of which are mended when they are looked at again."""
    shard = {
        "routing": {"primary": True, "state": "STARTED"},
        "seq_no": {"global_checkpoint": 4, "max_seq_no": 4},
    }
    cluster.answers |= {
        f"GET /{INDEX}/_stats/docs": {"indices": {INDEX: {"shards": {"0": [shard]}}}},
        f"POST /{INDEX}/_pit": {"id": "view"},
        "POST /_search": [{"hits": {"hits": HITS}}, {"hits": {"hits": []}}],
    }


def results(*statuses: int) -> dict[str, Any]:
    def told(status: int) -> dict[str, Any]:
        error = {} if status == 200 else {"error": {"type": "refused", "reason": "for a test"}}
        return {"update": {"_id": f"status {status}", "status": status, **error}}

    return {"items": [told(status) for status in statuses]}


def test_a_dry_run_counts_and_lists_and_writes_nothing(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jinactl("repair", "--dry-run", "--list", **IN_CLIENT) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        f"{kind}\t{kind}" for kind in ("stale", "unknown", "emptied", "without")
    ]
    assert "1 documents have an embedding of another text" in shown.err
    assert not any("_bulk" in asked for asked in cluster.written)


def test_nothing_to_mend_is_said(
    jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.answers["POST /_search"] = {"hits": {"hits": HITS[:1]}}
    assert jinactl("repair", "--dry-run", **IN_CLIENT) == 0
    assert "every embedding is of the text beside it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("statuses", "mended"),
    [((200, 200, 200, 200), 4), ((200, 409, 404, 200), 2)],
    ids=["all", "changed since"],
)
def test_embeddings_are_written_into_the_documents_that_were_read(
    statuses: tuple[int, ...],
    mended: int,
    jinactl: Jinactl,
    cluster: Opened,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.answers[f"POST /{INDEX}/_bulk"] = results(*statuses)
    assert jinactl("repair", **IN_CLIENT) == 0
    assert f"{mended} documents of jina-demo were repaired" in capsys.readouterr().err
    lines = next(body for asked, body in cluster.asked if "_bulk" in asked)
    sent = {address["update"]["_id"]: change for address, change in zip(lines[::2], lines[1::2], strict=True)}
    assert sent.keys() == {"stale", "unknown", "emptied", "without"}
    assert sent["stale"]["doc"][DIGEST] == digest_of("new")
    assert len(sent["stale"]["doc"][VECTOR]) == 256
    assert "remove" in sent["emptied"]["script"]["source"]
    assert all(address["update"]["if_primary_term"] == 1 for address in lines[::2])
    noted = next(body for asked, body in cluster.asked if asked == f"PUT /{INDEX}/_mapping")
    assert noted["_meta"]["checked"] == 4


@pytest.mark.parametrize("status", [400, 403], ids=["refused", "closed"])
def test_a_document_that_is_refused_ends_it(
    status: int, jinactl: Jinactl, cluster: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.answers[f"POST /{INDEX}/_bulk"] = results(status, 200, 200, 200)
    assert jinactl("repair", **IN_CLIENT) == 1
    assert "for a test" in capsys.readouterr().err
    assert f"PUT /{INDEX}/_mapping" not in cluster.written
