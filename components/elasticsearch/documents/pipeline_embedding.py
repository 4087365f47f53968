"""Embeds texts by a pipeline without writing a document: what Elasticsearch would store for them, as numbers."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.responses import told
from components.elasticsearch.documents.reindex import BUSY, LASTING
from components.elasticsearch.errors import (
    EmbeddingError,
    EmbeddingRefusedError,
    EmbeddingUnavailableError,
)
from components.elasticsearch.fields import CONTENT, VECTOR

TIMEOUT = 600.0
"""Seconds for one batch; a CPU embeds sixteen long documents in minutes."""


class EmbedsDocuments(Protocol):
    """What makes the embeddings of documents: an Embedder, or a pipeline."""

    def embed_documents(self, texts: Sequence[str], names: Sequence[str] = ()) -> list[list[float]]:
        """Return the embedding of each text, in their order; `names` say in messages which document is meant."""


@dataclass(frozen=True)
class PipelineEmbedder:
    """Embeds with `processors` as a node runs them; asks again for `patience` seconds while a server is busy."""

    client: Requests
    processors: Sequence[Mapping[str, Any]]
    patience: float = 300.0

    def embed_documents(self, texts: Sequence[str], names: Sequence[str] = ()) -> list[list[float]]:
        """Return the embedding of each text.

        Raises EmbeddingRefusedError with the first document that never gets one, EmbeddingUnavailableError with the
        first that has none when patience ran out.
        """
        deadline, pause = time.monotonic() + self.patience, 0.5
        body = {
            "pipeline": {"processors": list(self.processors)},
            "docs": [{"_source": {CONTENT: text}} for text in texts],
        }
        while True:
            answers = self.client.request("POST", "/_ingest/pipeline/_simulate", body, timeout=TIMEOUT)[
                "docs"
            ]
            reasons = [told(answer["error"]) if "error" in answer else "" for answer in answers]
            if not any(reasons):
                return [answer["doc"]["_source"][VECTOR] for answer in answers]
            # One that lasts tells more than those that came of a busy server.
            lasting = [at for at, one in enumerate(reasons) if _lasts(one)]
            if lasting or time.monotonic() + pause > deadline:
                raise _error(reasons, lasting, names)
            time.sleep(pause)
            pause = min(2 * pause, 30.0)


def _error(reasons: Sequence[str], lasting: Sequence[int], names: Sequence[str]) -> EmbeddingError:
    first = lasting[0] if lasting else next(at for at, one in enumerate(reasons) if one)
    which = f"Document {names[first] if names else first + 1} could not be embedded: {reasons[first]}."
    if lasting:
        return EmbeddingRefusedError(f"{which} Change or delete it, and run the command again.")
    return EmbeddingUnavailableError(
        f"{which} Look at the embedding server (docker ps, docker logs), and run the command again."
    )


def _lasts(reason: str) -> bool:
    status = re.search(r"status \[(\d+)\]", reason)
    refused = status is not None and 400 <= int(status[1]) < 500 and int(status[1]) != BUSY  # noqa: PLR2004
    return refused or any(one in reason.lower() for one in LASTING)
