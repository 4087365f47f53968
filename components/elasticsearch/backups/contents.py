"""What belongs into a backup, and how many documents that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.client import Requests
from components.elasticsearch.index import LiveIndex


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The names of indices and data streams: `generation` is what the alias points to, `others` the rest.

    `closed` are those of the others that nobody can count the documents of.
    """

    generation: str
    others: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything."""
        return (self.generation, *self.others)

    @property
    def countable(self) -> tuple[str, ...]:
        """The others that are open."""
        return tuple(one for one in self.others if one not in self.closed)


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many `documents` indices hold; `written` is the sum of their highest sequence numbers."""

    documents: int = 0
    written: int = 0


def read_contents(client: Requests, live: LiveIndex, generation: str) -> Contents:
    """Find all that people could have put there, hidden and closed too.

    Left out are Elasticsearch's own indices, and generations of which everything is elsewhere too.
    """
    answer = client.request("GET", "/_resolve/index/*", query={"expand_wildcards": "all"})
    copies = {one.index for one in live.beside if live.is_copy(one)}
    indices = [
        one
        for one in answer.get("indices", [])
        if "system" not in one.get("attributes", ())
        and "data_stream" not in one
        and one["name"] not in {generation, *copies}
    ]
    streams = _data_streams(client, [str(one["name"]) for one in answer.get("data_streams", [])])
    return Contents(
        generation=generation,
        others=tuple(sorted([*(str(one["name"]) for one in indices), *streams])),
        closed=tuple(sorted(str(one["name"]) for one in indices if "closed" in one.get("attributes", ()))),
    )


def count(client: Requests, names: Sequence[str]) -> Count:
    """Count documents as of now; what is written meanwhile shows in a higher `written` later."""
    written = _written(client, names)
    documents = 0
    for name in names:
        client.request("POST", f"/{name}/_refresh")
        documents += int(client.request("GET", f"/{name}/_count")["count"])
    return Count(documents=documents, written=written)


def _written(client: Requests, names: Sequence[str]) -> int:
    total = 0
    for name in names:
        answer = client.request("GET", f"/{name}/_stats/docs", query={"level": "shards"})
        for index in answer.get("indices", {}).values():
            for copies in index.get("shards", {}).values():
                total += max((_highest(one) for one in copies), default=0)
    return total


def _highest(copy: Mapping[str, Any]) -> int:
    return int(copy.get("seq_no", {}).get("max_seq_no", 0))


def _data_streams(client: Requests, names: Sequence[str]) -> list[str]:
    """Return the data streams that are not Elasticsearch's own, such as the history of its policies."""
    if not names:
        return []
    answer = client.request("GET", "/_data_stream/*", query={"expand_wildcards": "all"})
    return [
        str(one["name"])
        for one in answer.get("data_streams", [])
        if one["name"] in names and not one.get("system") and not (one.get("_meta") or {}).get("managed")
    ]
