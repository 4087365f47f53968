"""The ten demo documents, and how documents are indexed."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import put_vector
from components.elasticsearch.documents.resending import Resending, refusal_of
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import IndexingError
from components.elasticsearch.ingest_pipeline import CONTENT, DIGEST

DEMO_CONTENTS = (
    "To resolve an out-of-memory error in Kubernetes, increase the resource limits in your pod spec. "
    "Set resources.limits.memory to a higher value and redeploy. If the OOMKilled status persists, "
    "profile your application's heap usage to find the leak.",
    "SSH connections timing out are usually caused by firewalls dropping idle connections. Add "
    "ServerAliveInterval 60 to your ~/.ssh/config to send keepalive packets. If using a jump host, "
    "ensure the ProxyJump directive is configured correctly.",
    "PostgreSQL slow queries can often be fixed by adding appropriate indexes. Run EXPLAIN ANALYZE on"
    " the problematic query to identify sequential scans on large tables. Consider partial indexes if"
    " only a subset of rows is frequently queried.",
    "When a Docker container exits immediately after starting, check the entrypoint and command. Run "
    "docker logs <container_id> to see stderr output. Common causes include missing environment "
    "variables, incorrect file permissions, or a crashing application process.",
    "Rate limiting in API design protects backend services from abuse. Implement it using a token "
    "bucket or sliding window algorithm. Return HTTP 429 with a Retry-After header so clients know "
    "when to retry.",
    "Git merge conflicts occur when two branches modify the same lines. Use git diff to inspect the "
    "conflict markers, then manually resolve by choosing the correct version. Run git add on the "
    "resolved files and complete the merge with git commit.",
    "TLS certificate renewal with Let's Encrypt can be automated using certbot. Set up a cron job or "
    "systemd timer to run certbot renew twice daily. The command is idempotent and only renews "
    "certificates within 30 days of expiry.",
    "To reduce cold start latency in AWS Lambda, minimize the deployment package size, use "
    "provisioned concurrency for critical functions, and avoid heavyweight frameworks that increase "
    "initialization time.",
    "Cross-Origin Resource Sharing errors happen when a browser blocks requests to a different "
    "domain. Configure your server to return the Access-Control-Allow-Origin header. For APIs "
    "consumed by SPAs, you may also need to allow specific methods and headers via preflight "
    "responses.",
    "Elasticsearch cluster health turns yellow when replica shards are unassigned. This commonly "
    "happens in single-node clusters where replicas have no node to be allocated to. Set "
    "number_of_replicas to 0 for development, or add more nodes for production.",
)

BULK_SIZE = 16
"""Documents in one request: each is an embedding, and a CPU server needs its time for them."""

BULK_TIMEOUT = 600.0


@dataclass(frozen=True)
class Document:
    """A document with an id of its own, so that indexing it twice leaves one; `fields` are those beside `content`."""

    id: str
    content: str
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)


DEMO_DOCUMENTS = tuple(
    Document(f"demo-{number:02}", content) for number, content in enumerate(DEMO_CONTENTS, start=1)
)


def index_documents(
    client: Requests,
    index: str,
    documents: Sequence[Document],
    embedder: Embedder | None = None,
    *,
    findable: bool = True,
    before_sending: Callable[[], None] = lambda: None,
) -> None:
    """Index documents: with vectors of `embedder`, or else those of the index's pipeline.

    `before_sending` is called once vectors are made and each time before documents are sent; it may raise.
    They are `findable` on return unless that is not needed, and then with the index's next refresh. Documents that
    are refused since something is busy, or since a migration is switching to another generation, are sent again for a
    while. Raises IndexingError with the first refusal and the number of them, EmbeddingError when the embedder fails;
    the documents before those 16 in which something went wrong are then in the index.
    """
    for start in range(0, len(documents), BULK_SIZE):
        chunk = documents[start : start + BULK_SIZE]
        sources = dict(zip((one.id for one in chunk), _sources(chunk, embedder), strict=True))
        resending = Resending(embedded_anew=embedder is None)
        before_sending()
        refused = _index(client, index, sources, findable=findable)
        while refused:
            pause = resending.pause(refused)
            if pause is None:
                raise IndexingError(refusal_of(index, refused, len(chunk)))
            time.sleep(pause)
            again = {str(item["_id"]): sources[str(item["_id"])] for item in refused}
            before_sending()
            refused = _index(client, index, again, findable=findable)


def delete_documents(client: Requests, index: str, ids: Sequence[str]) -> None:
    """Delete documents by id; those that are not there are no error."""
    if ids:
        lines = [{"delete": {"_id": one}} for one in ids]
        client.request("POST", f"/{index}/_bulk", lines, query={"refresh": "true"}, timeout=BULK_TIMEOUT)


def _index(
    client: Requests, index: str, sources: Mapping[str, Mapping[str, object]], *, findable: bool
) -> list[Mapping[str, Any]]:
    """Index documents by id; return what Elasticsearch says of those that it refused."""
    lines: list[Mapping[str, object]] = []
    for id_, source in sources.items():
        lines += [{"index": {"_id": id_}}, source]
    query = {"refresh": "true" if findable else "false"}
    answer = client.request("POST", f"/{index}/_bulk", lines, query=query, timeout=BULK_TIMEOUT)
    return [item["index"] for item in answer["items"] if "error" in item["index"]]


def _sources(documents: Sequence[Document], embedder: Embedder | None) -> list[dict[str, object]]:
    sources: list[dict[str, object]] = [{**one.fields, CONTENT: one.content} for one in documents]
    if embedder is None:
        return sources
    for source in sources:
        source.pop(DIGEST, None)
    # Like the pipeline, this leaves a document without content as it is.
    filled = [position for position, one in enumerate(documents) if one.content]
    vectors = embedder.embed_documents(
        [documents[position].content for position in filled], [documents[position].id for position in filled]
    )
    for position, vector in zip(filled, vectors, strict=True):
        put_vector(sources[position], vector, documents[position].content)
    return sources
