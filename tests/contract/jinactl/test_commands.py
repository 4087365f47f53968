"""`python -m jinactl` as people run it, on a node, whoever embeds."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from components.elasticsearch.client import Client
from components.elasticsearch.search import truncate
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy, make_certificate
from tests.contract.elasticsearch.people import with_digest
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.elasticsearch.test_life import vectors
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer, embedding
from tests.unit.jinactl.stack_outputs import OUTPUTS

pytestmark = pytest.mark.sandbox

DIMS = 64
LINES = "".join(
    json.dumps({"_id": f"{number:03}", "content": f"text {number}", "number": number}) + "\n"
    for number in range(50)
)


@pytest.fixture(params=["inference", "client"])
def stack(request: pytest.FixtureRequest, wanted: Wanted, model: EmbeddingServer, node: Node) -> Wanted:
    """Bring a stack up that embeds in one of the two ways, the second on a Basic licence."""
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


def write_outputs(path: Path, stack: Wanted, model: EmbeddingServer, **changes: object) -> None:
    """Write what `pulumi stack output --json --show-secrets` prints."""
    facts = {
        "elasticsearchUrl": stack.connection.url,
        "elasticsearchUser": stack.connection.user,
        "elasticsearchPassword": stack.connection.password,
        "elasticsearchCaCertificate": "",
        "embeddingsUrl": model.url,
        "serverApiKey": "",
        # The double knows no meaning: only a document's very text is near it.
        "modelQueryPrefix": stack.document_prefix,
        "dims": stack.dims,
        "index": stack.alias,
        "inferenceEndpoint": "" if stack.local_embeddings_url else stack.inference_id,
    }
    path.write_text(json.dumps({**OUTPUTS, **facts, **changes}))


def jinactl(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "jinactl", *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


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


def test_a_bad_line_ends_it_with_its_number_and_what_is_done(outputs: Path, client: Client) -> None:
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES + "oops\n")
    assert done.returncode == 1
    assert "48 documents are in jina-demo" in done.stderr
    assert "error: standard input, line 51: not JSON" in done.stderr
    assert "Traceback" not in done.stderr
    client.request("POST", f"/{ALIAS}/_refresh")
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == 48


def test_a_server_that_fails_ends_it_with_one_clear_line(outputs: Path, model: EmbeddingServer) -> None:
    model.fail(400, 1000)
    done = jinactl("ingest", "--outputs", outputs, "-", given=LINES)
    model.fail(400, 0)
    assert done.returncode == 1
    assert "0 documents are in jina-demo" in done.stderr
    assert "000" in done.stderr
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
