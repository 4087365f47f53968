"""What is in the index already, so that a document with the same text is not embedded again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.responses import told
from components.elasticsearch.documents.digest import digest_of
from components.elasticsearch.documents.reading import read_documents
from components.elasticsearch.errors import StillBusyError
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from components.elasticsearch.identity import canonical
from jinactl.ingest.entries import Entry

Difference = Literal["none", "fields", "text"]

NUMBER = "chunk"
"""The field with the number of a chunk, from 1."""


@dataclass(frozen=True)
class Stored:
    """A document in the index: the index itself, its version, and its source without the embedding."""

    index: str
    seq_no: int
    primary_term: int
    source: Mapping[str, Any]


def address_of(entry: Entry) -> dict[str, str]:
    """Return what tells Elasticsearch which document is meant."""
    routed = {"routing": entry.routing} if entry.routing is not None else {}
    return {"_id": entry.document.id, **routed}


def read_stored(client: Requests, index: str, entries: Sequence[Entry]) -> list[Stored | None]:
    """Return what is stored under the id of each entry, or None, in their order.

    Raises StillBusyError for a shard that is not there.
    """
    found = read_documents(client, index, [address_of(one) for one in entries], {"_source_excludes": VECTOR})
    return [_stored(one) for one in found]


def read_vectors(client: Requests, index: str, entries: Sequence[Entry]) -> list[list[float] | None]:
    """Return the embedding that is stored under the id of each entry, or None, in their order."""
    found = read_documents(client, index, [address_of(one) for one in entries], {"_source_includes": VECTOR})
    vectors = [one.get("_source", {}).get(VECTOR) for one in found]
    return [one if isinstance(one, list) else None for one in vectors]


def read_numbers(client: Requests, index: str, addresses: Sequence[Mapping[str, str]]) -> list[int | None]:
    """Return which chunk the document at each address is: 0 for one that is none, None where there is no document."""
    found = read_documents(client, index, addresses, {"_source_includes": NUMBER})
    return [_number(one.get("_source", {}).get(NUMBER)) if one.get("found") else None for one in found]


def difference(entry: Entry, stored: Stored) -> Difference:
    """Say what a stored document has otherwise; one that is only to be made, and is there, has nothing otherwise."""
    if entry.create:
        return "none"
    there = {key: value for key, value in stored.source.items() if key not in (VECTOR, DIGEST)}
    wanted = entry.source
    if there.get(CONTENT) != wanted[CONTENT] or stored.source.get(DIGEST) != digest_of(
        entry.document.content
    ):
        return "text"
    return "none" if canonical(there) == canonical(wanted) else "fields"


def _stored(found: Mapping[str, Any]) -> Stored | None:
    if "error" in found:
        raise StillBusyError(f"Document {found.get('_id')} could not be read: {told(found['error'])}.")
    if not found.get("found"):
        return None
    return Stored(
        index=str(found["_index"]),
        seq_no=int(found["_seq_no"]),
        primary_term=int(found["_primary_term"]),
        source=found.get("_source", {}),
    )


def _number(found: object) -> int:
    return found if type(found) is int else 0
