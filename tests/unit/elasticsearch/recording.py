"""A cluster that answers from a table and records what it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.client import Body
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.failures import refusal
from components.elasticsearch.errors import ElasticsearchError, NotFoundError
from components.elasticsearch.identity import Identity

CONNECTION = Connection(url="http://es.test:9200", user="elastic", password="hunter2")

IDENTITY = Identity(
    dims=768,
    quant="F16",
    model="jina-embeddings-v5-text-nano-retrieval",
    sha256="a" * 64,
    width=768,
    pooling="last",
    document_prefix="Document: ",
    similarity="cosine",
    index_options="int8_hnsw",
)


def missing() -> ElasticsearchError:
    """Return the error of a thing that is not there."""
    return refusal(CONNECTION, "GET /x", 404, {"error": {"type": "not_found", "reason": "missing"}})


@dataclass
class RecordedCluster:
    """Answers `METHOD /path` from `answers`, a list there being answers in turn; an error is raised; else {}."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def request(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,  # noqa: ARG002 (a double does not wait)
    ) -> Any:
        """Record a request and answer it; the query is recorded as part of the path."""
        shown = f"{method} {path}"
        if query:
            shown += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        self.asked.append((shown, body))
        answer = self.answers.get(f"{method} {path}", {})
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def find(self, path: str, *, query: Mapping[str, Any] | None = None) -> Any | None:
        """Answer a GET, with None for what is missing."""
        try:
            return self.request("GET", path, query=query)
        except NotFoundError:
            return None

    @property
    def written(self) -> list[str]:
        """What was asked other than to read, without bodies."""
        return [shown for shown, _ in self.asked if not shown.startswith("GET ")]
