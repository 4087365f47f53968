"""What makes an object of JSON, or a row of a table, a document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.documents.bulk import Document
from components.elasticsearch.documents.digest import text_of
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from components.elasticsearch.identity import canonical
from jinactl.ingest.entries import Entry, Origin, RejectedError

ID = "_id"
ID_DIGITS = 32
LONGEST_ID = 512
"""Bytes; the limit of Elasticsearch."""


@dataclass(frozen=True)
class Shape:
    """How the documents of a source look: the field with the text, which becomes `content`."""

    content_field: str = CONTENT


def entry_of(found: object, origin: Origin, shape: Shape, id_: str | None = None) -> Entry:
    """Return the document that a value of JSON is; its id is `id_`, its `_id`, or made from all that it says.

    So reading a file twice adds no document twice. Raises RejectedError.
    """
    if not isinstance(found, Mapping):
        raise RejectedError(f'not an object such as {{"{shape.content_field}": "text"}}')
    content = found.get(shape.content_field)
    text = text_of(content) if isinstance(content, str | list) else ""
    if not text.strip():
        raise RejectedError(_without_content(found, shape))
    if VECTOR in found:
        raise RejectedError(f"`{VECTOR}` is made here, from `{shape.content_field}`: leave it out")
    if shape.content_field != CONTENT and CONTENT in found:
        raise RejectedError(
            f"has a field `{CONTENT}` beside `{shape.content_field}`, which becomes `{CONTENT}`"
        )
    left_out = (ID, DIGEST, shape.content_field)
    fields = {key: value for key, value in found.items() if key not in left_out}
    document = Document(_id(found, fields, content, id_), text, fields)
    return Entry(document, origin, texts=content if isinstance(content, list) else None)


def _without_content(found: Mapping[str, Any], shape: Shape) -> str:
    name = shape.content_field
    if name in found:
        return f"`{name}` must be a text that is not empty, or an array of texts"
    others = ", ".join(list(found)[:5])
    return f"has no `{name}`" + (
        f" (it has {others}: --content-field names the one with the text)" if others else ""
    )


def _id(found: Mapping[str, Any], fields: Mapping[str, Any], content: object, given: str | None) -> str:
    if given is None and ID not in found:
        whole = canonical({**fields, CONTENT: content})
        return hashlib.sha256(whole.encode()).hexdigest()[:ID_DIGITS]
    id_ = found[ID] if given is None else given
    if not isinstance(id_, str) or not 0 < len(id_.encode()) <= LONGEST_ID:
        raise RejectedError(f"`{ID}` must be a text of 1 to {LONGEST_ID} bytes, or be left out")
    return id_
