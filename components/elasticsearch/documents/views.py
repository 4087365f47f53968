"""A view of an index as it was at one moment (a point in time), which later writes do not change."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import ElasticsearchError, NotFoundError

KEPT_OPEN = "15m"
"""For how long Elasticsearch keeps a view since it was last used: one portion and all its attempts take less."""
PAGE = 1000
DEFAULT_WINDOW = 10_000

Hit = Mapping[str, Any]
Address = tuple[str, str]
"""The id of a document and its routing, which is empty where it has none."""


class ViewLostError(ElasticsearchError):
    """Elasticsearch no longer has a view: its node was restarted, or nobody used the view for too long."""


@dataclass
class View:
    """A point in time of an index, with the id `pit`; `window` is the largest number of hits in one answer.

    Elasticsearch keeps it for the time `kept` after its last use.
    """

    client: Requests
    index: str
    pit: str
    window: int
    kept: str = KEPT_OPEN

    def search(self, body: Mapping[str, Any]) -> Any:
        """Search, and keep the view alive; raises ViewLostError, and never returns partial results."""
        try:
            answer = self.client.request(
                "POST",
                "/_search",
                {**body, "pit": {"id": self.pit, "keep_alive": self.kept}},
                query={"allow_partial_search_results": "false"},
            )
        except NotFoundError as error:
            raise ViewLostError(
                f"Elasticsearch lost its place in {self.index} ({error.reason}). Run the command again."
            ) from error
        self.pit = str(answer.get("pit_id", self.pit))
        return answer

    def count(self, query: Mapping[str, Any]) -> int:
        """Return how many documents match."""
        body = {"size": 0, "query": query, "track_total_hits": True}
        return int(self.search(body)["hits"]["total"]["value"])

    def pages(
        self, query: Mapping[str, Any], *, most: int = PAGE, sort: str = "_shard_doc", **more: Any
    ) -> Iterator[list[Hit]]:
        """Yield all matching documents, `most` at a time, with ids and routings; `more` adds to the search."""
        size = min(most, self.window)
        page = {"size": size, "query": query, "_source": False, "track_total_hits": False, **more}
        page["sort"] = [{sort: "asc"}]
        hits: list[Hit] = self.search(page)["hits"]["hits"]
        while hits:
            yield hits
            if len(hits) < size:
                return
            hits = self.search({**page, "search_after": hits[-1]["sort"]})["hits"]["hits"]

    def holding(self, ids: Sequence[str]) -> set[Address]:
        """Return which documents with these ids are in the view."""
        return {address(hit) for hits in self.pages({"ids": {"values": list(ids)}}) for hit in hits}

    def renew(self) -> None:
        """Keep the view alive; a lost view is noticed at its next use."""
        with suppress(ViewLostError):
            self.count({"match_none": {}})

    def close(self) -> None:
        """Let Elasticsearch forget the view."""
        with suppress(NotFoundError):
            self.client.request("DELETE", "/_pit", {"id": self.pit})


def open_view(client: Requests, index: str, window: int, kept: str = KEPT_OPEN) -> View:
    """Open a view of an index as it is now; close it after use."""
    client.request("POST", f"/{index}/_refresh")
    pit = client.request("POST", f"/{index}/_pit", query={"keep_alive": kept})["id"]
    return View(client, index, str(pit), window, kept)


def read_window(client: Requests, index: str) -> int:
    """Return the largest number of hits in one answer of an index, a setting that people may lower to 1."""
    found = client.request("GET", f"/{index}/_settings/index.max_result_window")
    settings = found.get(index, {}).get("settings", {}).get("index", {})
    return int(settings.get("max_result_window", DEFAULT_WINDOW))


def address(hit: Hit) -> Address:
    """Return what identifies a document: two may have the same id with different routings."""
    return str(hit["_id"]), str(hit.get("_routing") or "")
