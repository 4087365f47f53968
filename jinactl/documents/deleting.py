"""Deletes documents of a stack's index, each in the version that was counted: what changed since stays."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents.bulk import Write, write
from components.elasticsearch.documents.views import Hit, View, open_view, read_window
from components.elasticsearch.errors import ClosedError
from jinactl.documents.selection import Selection, query_of, read_concrete
from jinactl.errors import CommandError
from jinactl.outputs import StackFacts

PAGE = 1000
ACCEPTED = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""Somebody else deleted, or changed, a document since it was counted."""


@dataclass
class Deleted:
    """What became of the documents: `matched` were counted, and of these some `changed` meanwhile and stay.

    Those that are `gone` were deleted by somebody else meanwhile.
    """

    matched: int = 0
    deleted: int = 0
    changed: int = 0
    gone: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)


def delete_documents(
    facts: StackFacts,
    selection: Selection,
    agreed: Callable[[int], bool],
    advance: Callable[[int], None] = lambda _: None,
) -> Deleted:
    """Delete the selected documents if `agreed` says so of their number; nothing else is touched, no index is deleted.

    `advance` is told how many were looked at. A document that is written while this runs is not deleted. Raises
    CommandError for an empty selection, and where a migration moved the index meanwhile: what was deleted by then is
    deleted in both, and running the command again goes on.
    """
    if selection.is_empty:
        raise CommandError("Nothing says which documents are meant.")
    with Client(facts.connection) as client:
        index, _ = read_concrete(client, facts.index)
        query = query_of(client, facts.index, selection)
        view = open_view(client, index, read_window(client, index))
        try:
            done = Deleted(matched=view.count(query))
            if done.matched and agreed(done.matched):
                for hits in view.pages(query, most=PAGE, seq_no_primary_term=True):
                    _delete(client, facts.index, view, hits, done)
                    advance(len(hits))
                client.request("POST", f"/{index}/_refresh")
        finally:
            view.close()
    return done


def _delete(client: Client, alias: str, view: View, hits: Sequence[Hit], done: Deleted) -> None:
    try:
        items = write(client, view.index, [_deletion(hit) for hit in hits], accepted=ACCEPTED)
    except ClosedError as error:
        if view.index in (client.find(f"/{alias}") or {}):
            raise
        raise _moved(alias, done) from error
    done.deleted += sum(item.get("result") == "deleted" for item in items)
    done.gone += sum(item.get("status") == HTTPStatus.NOT_FOUND for item in items)
    others = [hit for hit, item in zip(hits, items, strict=True) if item.get("status") == HTTPStatus.CONFLICT]
    if others:
        changed = _still_there(client, view.index, others)
        done.changed += changed
        done.gone += len(others) - changed
    if view.index not in (client.find(f"/{alias}") or {}):
        raise _moved(alias, done)


def _still_there(client: Client, index: str, hits: Sequence[Hit]) -> int:
    """Return how many of these documents are there: that one was deleted is a conflict too, for a while."""
    docs = [
        {"_id": hit["_id"], "_source": False} | ({"routing": hit["_routing"]} if "_routing" in hit else {})
        for hit in hits
    ]
    return sum(
        bool(one.get("found")) for one in client.request("POST", f"/{index}/_mget", {"docs": docs})["docs"]
    )


def _deletion(hit: Hit) -> Write:
    unchanged = {"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]}
    return Write("delete", str(hit["_id"]), routing=hit.get("_routing"), conditions=unchanged)


def _moved(alias: str, done: Deleted) -> CommandError:
    return CommandError(
        f"A migration moved {alias} to another index after {done.deleted:,} of {done.matched:,} documents were "
        "deleted. Run the command again for the others."
    )
