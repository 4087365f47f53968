"""Puts documents into a stack's index, whoever embeds them there."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from components.elasticsearch.client import Client
from components.elasticsearch.digest import has_digest
from components.elasticsearch.documents import BULK_SIZE, Document, index_documents
from jinactl.errors import CommandError
from jinactl.outputs import StackFacts

SECONDS_BETWEEN_LINES = 5.0


def ingest(facts: StackFacts, documents: Iterable[Document], say: Callable[[str], None]) -> int:
    """Index all documents, batch by batch, and return their number; `say` gets a line of progress now and then.

    An index that embeds by its pipeline gets them as they are, any other with their vectors. Raises the StackError
    of the first batch that fails, after saying how many documents are in the index.
    """
    embedder = facts.embedder if facts.embeds_in_client else None
    started = told = time.monotonic()
    done = 0
    with Client(facts.connection) as client:
        found = client.find(f"/{facts.index}")
        if found is None:
            # Elasticsearch would make an index of that name, without vectors.
            raise CommandError(f"There is no index {facts.index} yet: `pulumi up` makes it.")
        for index, body in found.items():
            if not has_digest(index, body.get("mappings", {}).get("properties", {})):
                raise CommandError(
                    f"{index} was made by an earlier version: `pulumi up` makes it ready for this one."
                )
        try:
            for batch in _batches(documents):
                index_documents(client, facts.index, batch, embedder, findable=False)
                done += len(batch)
                if time.monotonic() - told > SECONDS_BETWEEN_LINES:
                    told = time.monotonic()
                    say(f"{done} documents, {done / (told - started):.1f} a second")
            client.request("POST", f"/{facts.index}/_refresh")
        finally:
            say(f"{done} documents are in {facts.index}, after {time.monotonic() - started:.1f} s")
    return done


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    rest = iter(documents)
    while batch := list(islice(rest, BULK_SIZE)):
        yield batch
