"""`jinactl` as people run it, on a node, for each way to embed."""

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from components.elasticsearch.client.client import Client
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy, make_certificate
from tests.contract.elasticsearch.people import assert_holds, vectors, with_digest
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate
from tests.fixtures.recording_proxy import recording_proxy

pytestmark = pytest.mark.sandbox


DIMS = 64


LINES = "".join(
    json.dumps({"_id": f"{number:03}", "content": f"text {number}", "number": number}) + "\n"
    for number in range(50)
)


@pytest.fixture(params=["inference", "client"])
def stack(request: pytest.FixtureRequest, wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Bring up a stack for each way to embed: in Elasticsearch, and in the client on a Basic license."""
    in_client = request.param == "client"
    if in_client:
        node.to_basic()
    changed = replace(
        wanted, dims=DIMS, demo_documents=False, local_embeddings_url=model.url if in_client else ""
    )
    StackResources().up(changed)
    return changed


@pytest.fixture
def outputs(stack: Wanted, model: EmbeddingServer, tmp_path: Path) -> Path:
    """Write the stack's outputs to a file."""
    path = tmp_path / "outputs.json"
    write_outputs(path, stack, model)
    return path


def test_documents_are_put_in_with_their_vectors_and_found(
    outputs: Path, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "docs.ndjson").write_text(LINES)

    done = jinactl("ingest", "--outputs", outputs, tmp_path / "docs.ndjson")

    assert done.returncode == 0, done.stderr
    assert "50 documents are in jina-demo" in done.stderr
    stored = vectors(client)
    assert len(stored) == 50
    expected = truncate(embedding("Document: text 7", 768), DIMS)
    assert stored["007"] == pytest.approx(expected, abs=1e-6)
    source = client.request("GET", f"/{ALIAS}/_doc/007")["_source"]
    assert source == with_digest({"content": "text 7", "number": 7})
    found = jinactl("search", "--outputs", outputs, "text 7", "--size", "1", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["_id"] == "007"


def test_standard_input_and_doing_it_twice(outputs: Path, client: Client) -> None:
    lines = '{"content": "a"}\n{"content": "b"}\n'
    for _ in range(2):
        done = jinactl("ingest", "--outputs", outputs, "-", given=lines)
        assert done.returncode == 0, done.stderr
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == 2


def test_a_bad_line_is_said_with_its_number_and_the_others_are_put_in(outputs: Path, client: Client) -> None:
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES[:98] + "oops\n" + LINES[98:])
    assert done.returncode == 3
    assert "50 documents are in jina-demo" in done.stderr
    assert "rejected: standard input, line 3: not JSON" in done.stderr
    assert "Traceback" not in done.stderr
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == 50


def test_a_key_that_the_server_refuses_ends_it_with_one_clear_line(
    outputs: Path, model: EmbeddingServer
) -> None:
    model.key = "another"
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES)
    assert done.returncode == 1
    assert "0 documents are in jina-demo" in done.stderr
    assert "401" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_index_that_is_not_there_is_not_made(
    stack: Wanted, model: EmbeddingServer, client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "outputs.json"
    write_outputs(path, stack, model, index="another")
    done = jinactl("ingest", "--outputs", path, "-", given=LINES)
    assert done.returncode == 1
    assert "There is no index another yet: `pulumi up` makes it." in done.stderr
    assert client.find("/another") is None


def test_tls_and_wrong_credentials(stack: Wanted, model: EmbeddingServer, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    path = tmp_path / "outputs.json"
    with faulty_proxy(stack.connection.url, certificate) as proxy:
        trusted = {"elasticsearchUrl": proxy.url, "elasticsearchFingerprint": certificate.fingerprint}
        write_outputs(path, stack, model, **trusted)
        done = jinactl("ingest", "--outputs", path, "-", given=LINES)
        assert done.returncode == 0, done.stderr
        write_outputs(path, stack, model, **trusted, elasticsearchPassword="hunter2")
        refused = jinactl("search", "--outputs", path, "text 7")
    assert refused.returncode == 1
    assert "does not accept user elastic with this password" in refused.stderr
    assert "hunter2" not in refused.stderr


def test_no_proxy_of_the_environment_sees_anything(outputs: Path) -> None:
    with recording_proxy() as (environment, seen):
        done = jinactl("ingest", "--outputs", outputs, "-", given=LINES, environment=environment)
        found = jinactl("search", "--outputs", outputs, "text 7", environment=environment)
    assert (done.returncode, found.returncode) == (0, 0), done.stderr + found.stderr
    assert seen == []


def test_the_moment_in_which_a_migration_closes_the_index_is_waited_for(
    outputs: Path, client: Client
) -> None:
    (index,) = client.request("GET", f"/{ALIAS}")
    client.request("PUT", f"/{index}/_block/write")

    def open_again() -> None:
        time.sleep(1.5)
        client.request("PUT", f"/{index}/_settings", {"index.blocks.write": None})

    opening = threading.Thread(target=open_again)
    opening.start()
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES)
    opening.join()
    assert done.returncode == 0, done.stderr
    assert len(vectors(client)) == 50


def test_a_server_that_restarts_behind_its_proxy_is_waited_for(
    outputs: Path, client: Client, model: EmbeddingServer
) -> None:
    model.fail(502, 2)
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES)
    assert done.returncode == 0, done.stderr
    assert len(vectors(client)) == 50


@pytest.mark.parametrize("changes", [{"dims": 32}, {"quant": "Q2_K", "sha256": "b" * 64}], ids=str)
def test_outputs_of_before_a_migration_write_no_vectors_of_theirs_and_find_only_by_those_of_the_index(
    changes: dict[str, str | int], outputs: Path, stack: Wanted, client: Client
) -> None:
    assert jinactl("ingest", "--outputs", outputs, "-", given='{"content": "a"}').returncode == 0
    StackResources().up(replace(stack, **changes))  # type: ignore[arg-type] # of two types
    before = vectors(client)

    searched = jinactl("search", "--outputs", outputs, "a")
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES)

    told = "pulumi stack output --json --show-secrets > outputs.json"
    if "dims" in changes:  # a search asks for those that the index has
        assert (searched.returncode, searched.stdout.split()[-1]) == (0, "a")
    else:
        assert searched.returncode == 1
        assert told in searched.stderr
    if stack.local_embeddings_url:
        assert done.returncode == 1
        assert told in done.stderr
        assert vectors(client) == before
    else:
        assert done.returncode == 0, done.stderr
        assert len(vectors(client)) == 51


def feed(running: subprocess.Popen[str], contents: dict[str, str], enough: threading.Event) -> None:
    """Send documents to the command until told to stop or the command has ended; `contents` are the documents sent."""
    assert running.stdin is not None
    with suppress(BrokenPipeError), running.stdin as lines:
        while not enough.is_set():
            one = f"{len(contents):05}"
            lines.write(json.dumps({"_id": one, "content": f"text {one}"}) + "\n")
            lines.flush()
            contents[one] = f"text {one}"
            time.sleep(0.01)


def test_a_migration_in_the_middle_of_an_ingest_leaves_no_vector_of_before(
    stack: Wanted, model: EmbeddingServer, client: Client, outputs: Path
) -> None:
    contents: dict[str, str] = {}
    arguments = [sys.executable, "-m", "jinactl", "ingest", "--outputs", str(outputs), "-"]
    changed = replace(stack, document_prefix="Passage: ", sha256="b" * 64)
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        enough = threading.Event()
        feeding = threading.Thread(target=feed, args=(running, contents, enough))
        feeding.start()
        while int(client.request("GET", f"/{ALIAS}/_count")["count"]) == 0:
            client.request("POST", f"/{ALIAS}/_refresh")
        StackResources().up(changed)
        time.sleep(0.5)
        enough.set()
        feeding.join()
        assert running.stderr is not None
        told = running.stderr.read()
    if stack.local_embeddings_url:
        assert running.returncode == 1, told
        assert "--show-secrets > outputs.json" in told
        write_outputs(outputs, changed, model)
        lines = "".join(json.dumps({"_id": one, "content": text}) + "\n" for one, text in contents.items())
        assert jinactl("ingest", "--outputs", outputs, "-", given=lines).returncode == 0
    else:
        assert running.returncode == 0, told
    assert_holds(client, changed, contents)
