"""`jinactl repair` as people run it, for each way to embed."""

from pathlib import Path

import pytest

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.stack_resources import ALIAS
from tests.contract.elasticsearch.stale import change_past_the_pipeline, concrete, counted, nearest
from tests.contract.jinactl.command import jinactl
from tests.contract.jinactl.test_commands import DIMS, LINES, outputs, stack
from tests.fixtures.embedding_server import EmbeddingServer

__all__ = ["outputs", "stack"]

pytestmark = pytest.mark.sandbox


@pytest.fixture
def filled(outputs: Path, client: Client) -> Path:
    """Index documents, and change the text of two of them without the pipeline."""
    assert jinactl("ingest", "--outputs", outputs, "-", given=LINES).returncode == 0
    change_past_the_pipeline(client, {"003": "another text", "004": "one more"})
    return outputs


def test_stale_documents_are_listed_then_mended_and_found_by_their_text(filled: Path, client: Client) -> None:
    listed = jinactl("repair", "--outputs", filled, "--dry-run", "--list")
    assert (listed.returncode, listed.stdout) == (0, "stale\t003\nstale\t004\n")
    assert listed.stderr == "2 documents have an embedding of another text\n"
    assert counted(client) == {"stale": 2}

    done = jinactl("repair", "--outputs", filled)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr == "2 documents of jina-demo were repaired\n"
    assert nearest(client, "another text", DIMS) == "003"
    again = jinactl("repair", "--outputs", filled, "--dry-run")
    assert again.stderr == "every embedding is of the text beside it, and every text has one\n"


def test_a_document_that_cannot_be_embedded_keeps_none_of_the_others_from_it(
    filled: Path, model: EmbeddingServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = model.answer

    def refuses_one(request: object) -> object:
        if any("one more" in text for text in request.body["input"]):  # type: ignore[attr-defined] # a Request
            return 400, {"error": {"message": "input is too large"}}
        return answer(request)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(model, "answer", refuses_one)
    done = jinactl("repair", "--outputs", filled)
    assert done.returncode == 1
    assert "1 documents of jina-demo were repaired" in done.stderr
    assert "1 documents are left." in done.stderr
    assert "All: 004" in done.stderr
    assert "Traceback" not in done.stderr
    assert counted(client) == {"stale": 1}
    monkeypatch.setattr(model, "answer", answer)
    assert jinactl("repair", "--outputs", filled).returncode == 0
    assert counted(client) == {}


def test_an_index_of_another_version_is_left_alone(outputs: Path, client: Client) -> None:
    index = concrete(client)
    body = client.request("GET", f"/{index}")[index]
    del body["mappings"]["properties"]["content_digest"]
    client.request("DELETE", f"/{index}")
    client.request("PUT", f"/{index}", {"mappings": body["mappings"], "aliases": {ALIAS: {}}})
    for command in (["repair"], ["ingest", "-"]):
        done = jinactl(command[0], "--outputs", outputs, *command[1:], given=LINES)
        assert done.returncode == 1
        assert "`pulumi up`" in done.stderr
    assert "content_digest" not in str(client.request("GET", f"/{ALIAS}/_mapping"))
