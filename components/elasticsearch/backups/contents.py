"""What belongs in a backup, and the number of documents in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.generations import inventory
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.generations.inventory import IndexAbstraction
from components.elasticsearch.generations.live_index import read_live


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


def read_contents(
    client: Requests, live: LiveIndex, generation: str, siblings: Collection[str] = ()
) -> Contents:
    """Find all that people could have put there, hidden and closed too.

    Elasticsearch's own indices are left out, generations that hold nothing but copies, and those of the stack's other
    indices (`siblings`, aliases), which have backups of their own.
    """
    copies = {one.index for one in live.beside if live.is_copy(one)}
    elsewhere = {one.index for alias in siblings for one in generations_of(alias, read_live(client, alias))}
    left_out = {generation, *copies, *elsewhere}
    return _contents(generation, [one for one in inventory.of_people(client) if one.name not in left_out])


def read_generations(alias: str, live: LiveIndex, generation: str) -> Contents:
    """Find all that belongs in the backup of a further index alone: its generations, but not those that are copies."""
    others = [one for one in generations_of(alias, live) if not live.is_copy(one) and one.index != generation]
    return _contents(generation, [IndexAbstraction(one.index, one.closed) for one in others])


def generations_of(alias: str, live: LiveIndex) -> list[Generation]:
    """Return the generations that were made for an alias, whichever index it leads to."""
    return [one for one in (*live.behind, *live.beside) if one.managed and one.alias == alias]


def _contents(generation: str, others: Sequence[IndexAbstraction]) -> Contents:
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
