"""An index of vectors on a node: filled by bulk without a pipeline, merged into one segment, and searched."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from benchmarks.recall.vectors import Floats
from tests.fixtures.elasticsearch_node import Node

NAME = "recall"
FIELD = "content_embedding"
BULK = 1000
SECONDS = 3600.0
BODIES = 50
"""Searches in one request."""


@dataclass(frozen=True)
class Asked:
    """What a search is asked beside the query: None leaves the choice to Elasticsearch.

    `candidates` is num_candidates; `rescored` is how many of the best candidates are compared again by their full
    vectors, 0 for none.
    """

    candidates: int | None = None
    rescored: int | None = None

    def knn(self, query: Sequence[float], size: int) -> dict[str, Any]:
        """Return the `knn` part of a search for the `size` nearest."""
        body: dict[str, Any] = {"field": FIELD, "query_vector": list(query), "k": size}
        if self.candidates is not None:
            body["num_candidates"] = max(size, self.candidates)
        if self.rescored is not None:
            body["rescore_vector"] = {"oversample": self.rescored and max(1.0, self.rescored / size)}
        return body


@dataclass
class VectorIndex:
    """The one index of a node; each vector's id is its place in the corpus."""

    node: Node

    def create(self, options: str, dims: int) -> None:
        """Make it anew, with index options of a type."""
        self.node.send("DELETE", f"/{NAME}")
        vector = {
            "type": "dense_vector",
            "dims": dims,
            "similarity": "cosine",
            "index": True,
            "index_options": {"type": options},
        }
        settings = {"number_of_replicas": 0, "refresh_interval": "-1", "number_of_shards": 1}
        self._demand("PUT", f"/{NAME}", {"settings": settings, "mappings": {"properties": {FIELD: vector}}})

    def add(self, vectors: Floats, first: int) -> None:
        """Add vectors, of which the first has the id `first`, and merge all that there are into one segment."""
        for start in range(0, len(vectors), BULK):
            part = vectors[start : start + BULK]
            body = "".join(_lines(part, first + start))
            answer = self._send("/_bulk?filter_path=errors,items.*.error", body)
            if answer["errors"]:
                raise RuntimeError(str(answer["items"][0])[:400])
        self._demand("POST", f"/{NAME}/_forcemerge?max_num_segments=1")
        self._demand("POST", f"/{NAME}/_refresh")

    def search(self, queries: Floats, size: int, asked: Asked) -> tuple[list[list[int]], list[int]]:
        """Return the ids that were found for each query, best first, and the milliseconds that each took."""
        found: list[list[int]] = []
        took: list[int] = []
        for start in range(0, len(queries), BODIES):
            bodies = [
                {"size": size, "_source": False, "knn": asked.knn([float(x) for x in query], size)}
                for query in queries[start : start + BODIES]
            ]
            lines = "".join(f"{{}}\n{json.dumps(body)}\n" for body in bodies)
            shown = "filter_path=responses.took,responses.error,responses.hits.hits._id"
            path = f"/{NAME}/_msearch?max_concurrent_searches=1&{shown}"
            for one in self._send(path, lines)["responses"]:
                if "error" in one:
                    raise RuntimeError(str(one["error"])[:400])
                found.append([int(hit["_id"]) for hit in one["hits"]["hits"]])
                took.append(int(one["took"]))
        return found, took

    def _send(self, path: str, lines: str) -> Any:
        answer = self.node.session.post(
            f"{self.node.url}{path}",
            data=lines.encode(),
            headers={"Content-Type": "application/x-ndjson"},
            auth=(self.node.user, self.node.password),
            timeout=SECONDS,
        )
        return _checked(answer)

    def _demand(self, method: str, path: str, body: object = None) -> None:
        _checked(self.node.send(method, path, body, timeout=SECONDS))


def _lines(vectors: Floats, first: int) -> Iterator[str]:
    for number, vector in enumerate(vectors, start=first):
        # Big-endian float32 in base64, which the node reads ten times as fast as numbers.
        packed = base64.b64encode(vector.astype(">f4").tobytes()).decode()
        yield f'{{"index":{{"_index":"{NAME}","_id":"{number}"}}}}\n{{"{FIELD}":"{packed}"}}\n'


def _checked(answer: requests.Response) -> Any:
    if not answer.ok:
        raise RuntimeError(answer.text[:400])
    return answer.json()
