"""Indices on the stack's node that live as long as a measurement: hidden, marked, and never anybody's data."""

import secrets
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from components.batched import batched
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.bulk import Write, write
from components.elasticsearch.embedding.candidates import effort_of
from components.elasticsearch.errors import NotFoundError
from components.elasticsearch.fields import VECTOR
from components.elasticsearch.generations.inventory import EVALUATION, OF_EVALUATION
from components.elasticsearch.identity import MANAGED_BY
from components.elasticsearch.ownership import OWNER
from jinactl.beside.leftovers import is_left, own_mark
from jinactl.evaluate.measures import DEEP, SHOWN
from jinactl.evaluate.vectors import Vectors

MARK = "evaluated_by"
BULK = 250
"""Vectors in a request: 3 MB of text with 768 dims."""
MERGE_TIMEOUT = 600.0


@dataclass(frozen=True)
class Found:
    """What an index found: the rows of the documents for each query, for 10 and for 100 hits, and the median time."""

    shown: Sequence[Sequence[int]]
    deep: Sequence[Sequence[int]]
    query_ms: float


@dataclass(frozen=True)
class EvaluationNode:
    """The stack's node, with the id of the stack, and the similarity that its index compares by."""

    client: Requests
    owner: str
    similarity: str

    def remove_left(self) -> list[str]:
        """Remove the indices of this stack's evaluations whose process is gone; return their names."""
        removed = []
        asked = {"expand_wildcards": "all"}
        found: Mapping[str, Any] = self.client.find(f"/{EVALUATION}*", query=asked) or {}
        for name, body in found.items():
            meta = body.get("mappings", {}).get("_meta", {})
            ours = meta.get("managed_by") == MANAGED_BY and meta.get(OWNER, "") == self.owner
            if ours and OF_EVALUATION.fullmatch(name) and is_left(meta.get(MARK)):
                self._remove(name)
                removed.append(name)
        return removed

    def search_all(self, documents: Vectors, queries: Vectors, index_option: str) -> Found:
        """Search for each query (a row) as people search: for 10 hits, and for 100 where recall is measured."""
        shown, deep, seconds = [], [], []
        with self.temporary_index(documents, index_option) as index:
            for query in queries:
                began = time.monotonic()
                shown.append(self._search(index, query.tolist(), SHOWN, index_option))
                seconds.append(time.monotonic() - began)
                deep.append(self._search(index, query.tolist(), DEEP, index_option))
        return Found(shown, deep, 1000 * statistics.median(seconds))

    @contextmanager
    def temporary_index(self, vectors: Vectors, index_option: str) -> Iterator[str]:
        """Make an index with one vector a document, whose id is its row, and remove it however the block ends.

        Its segments are merged into one: so its graph is the same in every run, and the hardest to search in.
        """
        name = f"{EVALUATION}{secrets.token_hex(8)}"
        try:
            self.client.request("PUT", f"/{name}", self._body(vectors.shape[1], index_option))
            for rows in batched(range(len(vectors)), BULK):
                writes = [Write("index", str(row), {VECTOR: vectors[row].tolist()}) for row in rows]
                write(self.client, name, writes)
            merge = {"max_num_segments": 1}
            self.client.request("POST", f"/{name}/_forcemerge", query=merge, timeout=MERGE_TIMEOUT)
            self.client.request("POST", f"/{name}/_refresh")
            yield name
        finally:
            self._remove(name)

    def _body(self, dims: int, index_option: str) -> dict[str, Any]:
        mapping = {
            "type": "dense_vector",
            "dims": dims,
            "similarity": self.similarity,
            "index": True,
            "index_options": {"type": index_option},
        }
        meta = {"managed_by": MANAGED_BY, MARK: own_mark(), OWNER: self.owner}
        settings = {"hidden": True, "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1}
        return {
            "settings": {"index": settings},
            "mappings": {"dynamic": "strict", "_meta": meta, "properties": {VECTOR: mapping}},
        }

    def _search(self, index: str, vector: Sequence[float], size: int, index_option: str) -> list[int]:
        # With the candidates and the rescoring of `jinactl search`.
        knn = {"field": VECTOR, "query_vector": vector, **effort_of(index_option).knn(size)}
        answer = self.client.request(
            "POST", f"/{index}/_search", {"size": size, "knn": knn, "_source": False}
        )
        return [int(hit["_id"]) for hit in answer["hits"]["hits"]]

    def _remove(self, name: str) -> None:
        with suppress(NotFoundError):
            self.client.request("DELETE", f"/{name}")
