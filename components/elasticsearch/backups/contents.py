"""What belongs in a backup, and the number of documents in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.generations import inventory
from components.elasticsearch.generations.generation import LiveIndex


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The names of indices and data streams: `generation` is what the alias points to, `others` the rest.

    `closed` are those of the others whose documents can't be counted.
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

    Elasticsearch's own indices are left out, and generations that hold nothing but copies.
    """
    copies = {one.index for one in live.beside if live.is_copy(one)}
    others = [one for one in inventory.of_people(client) if one.name not in {generation, *copies}]
    return Contents(
        generation=generation,
        others=tuple(sorted(one.name for one in others)),
        closed=tuple(sorted(one.name for one in others if one.closed)),
    )


def count_generation(client: Requests, index: str) -> Count:
    """Count the documents of an index as of now; what is written meanwhile shows in a higher `written` later."""
    written = read_progress(client, index).written
    return Count(documents=count_documents(client, [index]), written=written)


def count_documents(client: Requests, names: Sequence[str]) -> int:
    """Count the documents of open indices and data streams as of now."""
    documents = 0
    for name in names:
        path = f"/{quote(name, safe='')}"
        client.request("POST", f"{path}/_refresh")
        documents += int(client.request("GET", f"{path}/_count")["count"])
    return documents
