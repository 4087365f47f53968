"""People who write to and read from the alias while the stack changes, and checks of what must hold afterwards."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.documents.demo import DEMO_DOCUMENTS
from components.elasticsearch.documents.digest import digest_of
from components.elasticsearch.embedding.search import SemanticSearch
from components.elasticsearch.errors import ElasticsearchError
from tests.contract.elasticsearch.stack_resources import ALIAS, Wanted
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate

CONTENTS = {one.id: one.content for one in DEMO_DOCUMENTS}
"""Of the demo documents, by id."""


def fill(
    client: Client, count: int, *, first: int = 0, words: str = "text", alias: str = ALIAS
) -> dict[str, str]:
    """Index documents through the alias; return their contents by id."""
    contents = {f"doc-{number}": f"{words} {number}" for number in range(first, first + count)}
    lines: list[dict[str, Any]] = []
    for one, content in contents.items():
        lines += [{"index": {"_id": one}}, {"content": content}]
    for start in range(0, len(lines), 200):
        answer = client.request("POST", f"/{alias}/_bulk", lines[start : start + 200], timeout=600)
        assert answer["errors"] is False
    client.request("POST", f"/{alias}/_refresh")
    return contents


def with_digest(source: dict[str, Any]) -> dict[str, Any]:
    """Return a document as the index stores it: with the digest of its content."""
    return {**source, "content_digest": digest_of(str(source["content"]))}


def stored(client: Client, index: str = ALIAS) -> dict[str, tuple[str, list[float]]]:
    """Return content and embedding of all documents by id. Raises AssertionError when an id occurs twice."""
    client.request("POST", f"/{index}/_refresh")
    body = {"size": 10000, "fields": ["content_embedding"], "_source": ["content"]}
    hits = client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    found = {
        str(hit["_id"]): (str(hit["_source"]["content"]), hit.get("fields", {}).get("content_embedding", []))
        for hit in hits
    }
    assert len(found) == len(hits)
    return found


def assert_holds(client: Client, wanted: Wanted, contents: dict[str, str], alias: str = ALIAS) -> None:
    """Assert that the alias has exactly these documents, each with the embedding of its content."""
    found = stored(client, alias)
    print(f"documents lost: {len(contents.keys() - found.keys())}")
    assert sorted(found) == sorted(contents)
    for one, (content, vector) in found.items():
        assert content == contents[one], one
        whole = embedding(f"{wanted.document_prefix}{content}", 768)
        assert vector == [0] * 0 or len(vector) == wanted.dims, one
        expected = truncate(whole, wanted.dims)
        assert max(abs(a - b) for a, b in zip(vector, expected, strict=True)) < 1e-4, one


@dataclass
class Writer:
    """Writes, changes and deletes documents until it is stopped.

    `contents` are the acknowledged writes: the documents that must be there. `refused` lists, in seconds, how long
    writes were refused, from the first refusal to the next success. `answers` are the responses that refused them.
    """

    connection: Connection
    contents: dict[str, str] = field(default_factory=dict)
    refused: list[float] = field(default_factory=list)
    answers: set[str] = field(default_factory=set)
    written: int = 0
    pause: float = 0.002
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write until stopped, and repeat each write that was refused."""
        with Client(self.connection) as client:
            while not self.stopped.is_set():
                self._write(client, self.written)
                self.written += 1
                time.sleep(self.pause)

    def _write(self, client: Client, number: int) -> None:
        since = 0.0
        while True:
            try:
                self._change(client, number)
            except ElasticsearchError as error:
                self.answers.add(str(getattr(error, "kind", type(error).__name__)))
                since = since or time.monotonic()
                time.sleep(0.005)
            else:
                if since:
                    self.refused.append(time.monotonic() - since)
                return

    def _change(self, client: Client, number: int) -> None:
        if number % 7 == 3 and f"written-{number - 2}" in self.contents:
            one = f"written-{number - 2}"
            client.request("DELETE", f"/{ALIAS}/_doc/{one}")
            del self.contents[one]
            return
        one = f"written-{number - 3}" if number % 5 == 4 else f"written-{number}"
        content = f"written as number {number}"
        client.request("PUT", f"/{ALIAS}/_doc/{one}", {"content": content})
        self.contents[one] = content


@dataclass
class Reader:
    """Searches without pause; `errors` are the errors it got, `fewest` is the lowest number of documents it saw."""

    connection: Connection
    errors: list[str] = field(default_factory=list)
    fewest: int = 1 << 30
    searches: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Search until stopped."""
        with Client(self.connection) as client:
            while not self.stopped.is_set():
                try:
                    answer = client.request(
                        "POST",
                        f"/{ALIAS}/_search",
                        {"query": {"prefix": {"content": "t"}}, "track_total_hits": True},
                    )
                    assert answer["_shards"]["failed"] == 0
                    self.fewest = min(self.fewest, int(answer["hits"]["total"]["value"]))
                except (ElasticsearchError, AssertionError) as error:
                    self.errors.append(str(error))
                self.searches += 1


@contextmanager
def at_work(*people: Writer | Reader) -> Iterator[None]:
    """Run these writers and readers until the block ends."""
    threads = [threading.Thread(target=one.run) for one in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in people:
            one.stopped.set()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive()


def vectors(client: Client, index: str = ALIAS) -> dict[str, list[float]]:
    """Return the stored embeddings by document id."""
    body = {"size": 100, "fields": ["content_embedding"], "_source": False}
    hits = client.request("POST", f"/{index}/_search", body)["hits"]["hits"]
    return {hit["_id"]: hit.get("fields", {}).get("content_embedding", []) for hit in hits}


def semantic_search(wanted: Wanted, model: EmbeddingServer) -> SemanticSearch:
    """Return a search in the stack's index, which finds the document whose text is exactly that of the query."""
    return SemanticSearch(
        connection=wanted.connection,
        embedder=replace(wanted.embedder(), url=model.url),
        alias=wanted.alias,
        inference_id=wanted.inference_id,
    )


def everything(client: Client) -> dict[str, Any]:
    """Return everything that stacks and people have in the cluster, except documents."""
    indices = client.request("GET", "/_all", query={"expand_wildcards": "all"})
    return {
        "indices": {name: body for name, body in indices.items() if not name.startswith(".")},
        "pipelines": client.find("/_ingest/pipeline") or {},
        "endpoints": client.request("GET", "/_inference")["endpoints"],
    }
