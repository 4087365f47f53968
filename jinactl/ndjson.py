"""Documents as lines of JSON: {"_id"?, "content", and any other fields}."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from components.elasticsearch.documents.bulk import Document
from components.elasticsearch.fields import CONTENT, VECTOR
from components.elasticsearch.identity import canonical
from jinactl.errors import CommandError

ID = "_id"
ID_DIGITS = 32
LONGEST_ID = 512
"""Bytes; the limit of Elasticsearch."""


def read_documents(lines: Iterable[str], source: str) -> Iterator[Document]:
    """Yield the document of each line that is not empty.

    A document without `_id` gets one made from its content, so that reading a file twice adds no document twice.
    Raises CommandError with `source` and the number of the first line that is not a document.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _document(line, f"{source}, line {number}")


def _document(line: str, place: str) -> Document:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise CommandError(f"{place}: not JSON ({error}). Each line must be one document.") from error
    if not isinstance(found, dict):
        raise CommandError(f'{place}: not an object such as {{"content": "text"}}.')
    content = found.get(CONTENT)
    if not isinstance(content, str) or not content.strip():
        raise CommandError(f"{place}: `{CONTENT}` must be a text that is not empty.")
    if VECTOR in found:
        raise CommandError(f"{place}: `{VECTOR}` is made here, from `{CONTENT}`: leave it out.")
    fields = {key: value for key, value in found.items() if key not in (ID, CONTENT)}
    return Document(_id(found, place), content, fields)


def _id(found: dict[str, Any], place: str) -> str:
    if ID not in found:
        return hashlib.sha256(canonical(found).encode()).hexdigest()[:ID_DIGITS]
    id_ = found[ID]
    if not isinstance(id_, str) or not id_ or len(id_.encode()) > LONGEST_ID:
        raise CommandError(f"{place}: `{ID}` must be a text of 1 to {LONGEST_ID} bytes, or be left out.")
    return id_
