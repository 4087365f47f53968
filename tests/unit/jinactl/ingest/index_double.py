"""An index in memory that takes what an ingest sends, and can fail as a cluster does.

It is stricter than Elasticsearch: a request that an ingest has no reason for is a fault of the test.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.client import Body
from components.elasticsearch.documents.digest import digest_of, text_of
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from tests.unit.jinactl.conftest import INDEX, MAPPED

ALIAS = "jina-demo"
QUERY = {"refresh": "false", "require_alias": "true"}

Refuse = Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None]


def refusal(status: int, reason: str, kind: str = "status_exception") -> dict[str, Any]:
    """Return what Elasticsearch says of a document that it refuses."""
    return {"status": status, "error": {"type": kind, "reason": reason}}


@dataclass
class IndexDouble:
    """An index behind an alias, with a pipeline unless `embeds` is false.

    `failures` are raised, one by one, by the next bulk requests; `refuse` says which documents of a bulk request are
    refused. `stored` are the sources by id; `bulks` the ids of each bulk request that was carried out; `pieces` is the
    most documents that were in one request.
    """

    embeds: bool = True
    failures: list[Exception] = field(default_factory=list)
    refuse: Refuse = lambda _id, _source: None
    mapped: Mapping[str, Any] = field(default_factory=lambda: MAPPED)
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    bulks: list[list[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __enter__(self) -> "IndexDouble":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def request(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,  # noqa: ARG002 (a double does not wait)
    ) -> Any:
        """Carry a request out."""
        with self.lock:
            self.asked.append(f"{method} {path}")
            assert path.split("/")[1] in (ALIAS, INDEX)
            match method, path.rpartition("/")[2]:
                case "GET", "_mapping":
                    return self.mapped
                case "POST", "_refresh":
                    return {}
                case "POST", "_mget":
                    assert isinstance(body, Mapping)
                    return {"docs": [self._read(one["_id"], query or {}) for one in body["docs"]]}
                case "POST", "_bulk":
                    assert not isinstance(body, Mapping | None)
                    if self.failures:
                        raise self.failures.pop(0)
                    return {"items": self._bulk(list(body), dict(query or {}), path)}
        raise AssertionError(f"an ingest has no reason for {method} {path}")

    def find(self, path: str, *, query: Mapping[str, Any] | None = None) -> Any | None:
        """Answer a GET."""
        return self.request("GET", path, query=query)

    def _read(self, id_: str, query: Mapping[str, Any]) -> dict[str, Any]:
        if id_ not in self.stored:
            return {"_index": INDEX, "_id": id_, "found": False}
        source = self.stored[id_]
        excluded, included = query.get("_source_excludes"), query.get("_source_includes")
        shown = {key: value for key, value in source.items() if key != excluded and included in (None, key)}
        version = {"_seq_no": self.versions[id_], "_primary_term": 1}
        return {"_index": INDEX, "_id": id_, "found": True, **version, "_source": shown}

    def _bulk(self, lines: Sequence[Mapping[str, Any]], query: dict[str, Any], path: str) -> list[Any]:
        with_pipeline = query.get("pipeline") != "_none"
        if with_pipeline:
            assert path == f"/{ALIAS}/_bulk"
            assert query in (QUERY, {})
        rest, items, ids = iter(lines), [], []
        for action in rest:
            ((name, address),) = action.items()
            source = dict(next(rest)) if name != "delete" else {}
            id_ = address["_id"]
            ids.append(id_)
            refused = self.refuse(id_, source) or self._conflict(name, address)
            if not refused:
                self._carry_out(name, id_, source, with_pipeline=with_pipeline)
            items.append({name: {"_id": id_, **(refused or {"status": 200})}})
        assert len(set(ids)) == len(ids), "of two versions in one request, the older one may be sent again"
        self.bulks.append(ids)
        return items

    def _conflict(self, name: str, address: Mapping[str, Any]) -> dict[str, Any] | None:
        id_ = address["_id"]
        made = name == "create" and id_ in self.stored
        changed = "if_seq_no" in address and address["if_seq_no"] != self.versions.get(id_)
        return refusal(409, "changed", "version_conflict_engine_exception") if made or changed else None

    def _carry_out(self, name: str, id_: str, source: dict[str, Any], *, with_pipeline: bool) -> None:
        self.versions[id_] = self.versions.get(id_, 0) + 1
        if name == "delete":
            self.stored.pop(id_, None)
            return
        if name == "update":
            self.stored[id_] |= source["doc"]
            return
        if with_pipeline and self.embeds:
            assert VECTOR not in source
            source |= {VECTOR: [1.0], DIGEST: digest_of(text_of(source[CONTENT]))}
        assert source[DIGEST] == digest_of(text_of(source[CONTENT]))
        assert source[VECTOR]
        self.stored[id_] = source
