"""Another quant than the stack's is measured by a server beside the stack's own, on the real engine."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from components.elasticsearch.embedding.server import Role
from jinactl.beside.server import (
    LABEL,
    NAME,
    read_template,
    remove_left_servers,
    temporary_server,
)
from jinactl.errors import CommandError
from jinactl.evaluate.embedding import EmbeddingServer
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model
from tests.contract.server.running import running

pytestmark = pytest.mark.sandbox

PREFIXES: dict[Role, str] = {"query": "Query: ", "document": "Document: "}
TEXT = "pods keep restarting, " * 100


def servers() -> list[str]:
    listed = ["docker", "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}"]
    return subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()


def test_a_server_of_another_quant_runs_beside_the_stacks_with_its_settings_until_it_is_done_with(
    server_image: str,
) -> None:
    models = [ensure_eurobert_model(cache_root(), print, quant, TINY) for quant in ("F16", "Q8_0")]
    with running(server_image, models[0], serverThreads="1") as stack:
        stack.wait_for("healthy")
        (expected,) = stack.embeddings(f"Document: {TEXT}")
        template = read_template(str(stack.container.name))
        with temporary_server(template, models[1], "any") as started:
            (name,) = servers()
            assert name.startswith(NAME)
            assert name == started.container
            server = EmbeddingServer(dict.fromkeys(PREFIXES, started.url), "any", PREFIXES)
            inspected = json.loads(
                subprocess.run(["docker", "inspect", name], capture_output=True, check=True).stdout
            )
            assert "LLAMA_ARG_THREADS=1" in inspected[0]["Config"]["Env"]
            assert inspected[0]["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostIp"] == "127.0.0.1"
            (vector,) = server.embed("document", [TEXT])
            assert server.embed("document", ["x1 " * 6000]).shape == (1, TINY.width)
            assert server.shortened == 1
            assert remove_left_servers() == []
        assert servers() == []
    assert 0.99 < float(vector @ np.array(expected)) < 0.999999


def test_a_file_that_is_no_model_leaves_no_server_and_its_log_is_told(
    server_image: str, tmp_path: Path
) -> None:
    model = ensure_eurobert_model(cache_root(), print, "F16", TINY)
    broken = tmp_path / "broken-Q8_0.gguf"
    broken.write_bytes(b"GGUF and nothing else")
    broken.chmod(0o644)
    with running(server_image, model) as stack:
        template = read_template(str(stack.container.name))
        with (
            pytest.raises(CommandError, match=r"did not become ready\. Its last lines:\n.+"),
            temporary_server(template, broken, "any"),
        ):
            pass
    assert servers() == []
