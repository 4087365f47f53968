"""Reads documents by their ids, as they are at this moment: also those that no search finds yet."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import RefusedError

INCLUDE_VECTORS = {"_source_exclude_vectors": "false"}
"""For the vectors that people added to documents: Elasticsearch leaves all vectors out since 9.2."""


def read_documents(
    client: Requests, index: str, wanted: Sequence[Mapping[str, Any]], query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what `_mget` answers for each of the `wanted` ({"_id", and perhaps "routing"}), vectors included.

    `query` may leave fields out (`_source_excludes`).
    """
    path = f"/{quote(index, safe='')}/_mget"
    body = {"docs": list(wanted)}
    try:
        answer = client.request("POST", path, body, query={**query, **INCLUDE_VECTORS})
    except RefusedError as error:
        if error.status != HTTPStatus.BAD_REQUEST or "_source_exclude_vectors" not in str(error):
            raise
        answer = client.request("POST", path, body, query=query)
    return list(answer["docs"])
