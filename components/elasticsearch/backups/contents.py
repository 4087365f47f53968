"""What belongs into a backup, and how many documents that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.elasticsearch.client import Requests
from components.elasticsearch.index import LiveIndex
from components.elasticsearch.sequence import read_progress


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
    """How many `documents` an index holds; `written` is the sum of its highest sequence numbers."""

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


def count_generation(client: Requests, index: str) -> Count:
    """Count the documents of an index as of now; what is written meanwhile shows in a higher `written` later."""
    written = read_progress(client, index).written
    return Count(documents=count_documents(client, [index]), written=written)


def count_documents(client: Requests, names: Sequence[str]) -> int:
    """Count the documents of open indices and data streams as of now."""
    documents = 0
    for name in names:
        client.request("POST", f"/{name}/_refresh")
        documents += int(client.request("GET", f"/{name}/_count")["count"])
    return documents


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
