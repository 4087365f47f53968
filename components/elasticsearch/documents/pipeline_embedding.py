"""Embeds texts by a pipeline without writing a document: what Elasticsearch would store for them, as numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.responses import told
from components.elasticsearch.documents.reindex import LASTING
from components.elasticsearch.errors import (
    EmbeddingError,
    EmbeddingRefusedError,
    EmbeddingUnavailableError,
)
from components.elasticsearch.fields import CONTENT, VECTOR

TIMEOUT = 600.0
"""Seconds for one batch; a CPU embeds sixteen long documents in minutes."""

PATIENCE = Patience(limit=300.0, longest_pause=30.0)


class EmbedsDocuments(Protocol):
    """What makes the embeddings of documents: an Embedder, or a pipeline."""

    def embed_documents(self, texts: Sequence[str], names: Sequence[str] = ()) -> list[list[float]]:
        """Return the embedding of each text, in order; `names` identify the documents in messages."""


@dataclass(frozen=True, kw_only=True)
class PipelineEmbedder:
    """Embeds texts by simulating an ingest pipeline: the stored one of `pipeline_id`, or else `processors`.

    While the embedding server is busy it is asked again, with `patience`.
    """

    client: Requests
    pipeline_id: str = ""
    processors: Sequence[Mapping[str, Any]] = ()
    patience: Patience = PATIENCE

    def embed_documents(self, texts: Sequence[str], names: Sequence[str] = ()) -> list[list[float]]:
        """Return the embedding of each text.

        Raises EmbeddingRefusedError with the first document that never gets one, EmbeddingUnavailableError with the
        first that has none when the patience is over.
        """
        if not texts:
            return []
        backoff = Backoff(self.patience)
        while True:
            answers = self._simulate(texts)
            reasons = [told(answer["error"]) if "error" in answer else "" for answer in answers]
            if not any(reasons):
                return [answer["doc"]["_source"][VECTOR] for answer in answers]
            # A lasting failure tells more than one caused by a busy server.
            lasting = [at for at, one in enumerate(reasons) if _lasts(one)]
            if lasting or not backoff.again():
                raise _error(reasons, lasting, names)

    def _simulate(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"docs": [{"_source": {CONTENT: text}} for text in texts]}
        path = "/_ingest/pipeline/_simulate"
        if self.pipeline_id:
            path = f"/_ingest/pipeline/{self.pipeline_id}/_simulate"
        else:
            body["pipeline"] = {"processors": list(self.processors)}
        answers: list[dict[str, Any]] = self.client.request("POST", path, body, timeout=TIMEOUT)["docs"]
        return answers


def _error(reasons: Sequence[str], lasting: Sequence[int], names: Sequence[str]) -> EmbeddingError:
    first = lasting[0] if lasting else next(at for at, one in enumerate(reasons) if one)
    which = f"Document {names[first] if names else first + 1} could not be embedded: {reasons[first]}."
    if lasting:
        return EmbeddingRefusedError(f"{which} Change or delete it, and run the command again.")
    return EmbeddingUnavailableError(
        f"{which} Look at the embedding server (docker ps, docker logs), and run the command again."
    )


def _lasts(reason: str) -> bool:
    refused = re.search(r"status \[4(?!29)\d\d\]", reason) is not None
    return refused or any(one in reason.lower() for one in LASTING)
