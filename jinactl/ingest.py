"""Indexes documents in a stack's index, whether its pipeline embeds them or this program does."""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from components.batched import batched
from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.documents.bulk import BULK_SIZE, Document, index_documents
from components.elasticsearch.documents.digest import has_digest
from components.elasticsearch.errors import IndexingError
from jinactl.errors import CommandError
from jinactl.outputs import StackFacts
from jinactl.same_identity import require_index, require_same_identity

SECONDS_BETWEEN_LINES = 5.0


def ingest(facts: StackFacts, documents: Iterable[Document], say: Callable[[str], None]) -> int:
    """Index all documents, batch by batch, and return their number; `say` gets a line of progress now and then.

    An index that embeds by its pipeline gets them as they are, any other with their vectors. Raises the StackError
    of the first batch that fails, after saying how many documents are in the index.
    """
    started = told = time.monotonic()
    done = 0
    with Client(facts.connection) as client:
        if facts.embeds_in_client:
            require_same_identity(client, facts)
        for index, body in require_index(client, facts).items():
            if not has_digest(index, body.get("mappings", {}).get("properties", {})):
                raise CommandError(
                    f"{index} was made by an earlier version: `pulumi up` makes it ready for this one."
                )
        try:
            for batch in batched(documents, BULK_SIZE):
                _index(client, facts, batch)
                done += len(batch)
                if time.monotonic() - told > SECONDS_BETWEEN_LINES:
                    told = time.monotonic()
                    say(f"{done} documents, {done / (told - started):.1f} a second")
            client.request("POST", f"/{facts.index}/_refresh")
        finally:
            say(f"{done} documents are in {facts.index}, after {time.monotonic() - started:.1f} s")
    return done


def _index(client: Requests, facts: StackFacts, batch: Sequence[Document]) -> None:
    if not facts.embeds_in_client:
        index_documents(client, facts.index, batch, findable=False)
        return
    # A migration may switch to vectors of another kind at any moment: while these are made, while they wait to be sent
    # again, and while they are written. The last look tells of that, and the batch does not count as done then.
    check = partial(require_same_identity, client, facts)
    try:
        index_documents(client, facts.index, batch, facts.embedder, findable=False, before_sending=check)
    except IndexingError:
        check()
        raise
    check()
