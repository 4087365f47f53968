"""Runs `jinactl` as a process, and writes the stack outputs that it reads."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.contract.elasticsearch.stack_resources import Wanted
from tests.fixtures.embedding_server import EmbeddingServer
from tests.unit.jinactl.stack_outputs import OUTPUTS


def write_outputs(path: Path, stack: Wanted, model: EmbeddingServer, **changes: object) -> None:
    """Write what `pulumi stack output --json --show-secrets` prints."""
    facts = {
        "elasticsearchUrl": stack.connection.url,
        "elasticsearchUser": stack.connection.user,
        "elasticsearchPassword": stack.connection.password,
        "elasticsearchCaCertificate": "",
        "embeddingsUrl": model.url,
        "serverApiKey": "",
        "modelDocumentPrefix": stack.document_prefix,
        "dims": stack.dims,
        "quant": stack.quant,
        "modelSha256": stack.sha256,
        "index": stack.alias,
        "inferenceEndpoint": "" if stack.local_embeddings_url else stack.inference_id,
    }
    path.write_text(json.dumps({**OUTPUTS, **facts, **changes}))


def jinactl(
    *arguments: str | Path, given: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command; `environment` is added to the environment of the tests."""
    return subprocess.run(
        [sys.executable, "-m", "jinactl", *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **(environment or {})},
    )
