"""Which documents that Elasticsearch refused are worth sending again, and when."""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from components.elasticsearch.client.responses import BUSY, told

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before documents that were refused, since something was busy, are sent again."""

SWITCH_SECONDS = 60.0
"""For how long an index may be closed to writers: a migration closes it for about a second before its switch."""

SWITCH_PAUSE = 0.5

Kind = Literal["busy", "closed", "switched", "final"]


def kind_of(item: Mapping[str, Any]) -> Kind:
    """Say why an item of a bulk request was refused.

    "busy": the cluster, or the embedding server whose status it passes on. "closed": the index, to writers. "switched":
    the document was embedded for the generation that the alias pointed to a moment ago. Anything else is "final".
    """
    status, error = item.get("status"), item.get("error", {})
    if status in BUSY:
        return "busy"
    if status == HTTPStatus.FORBIDDEN and error.get("type") == "cluster_block_exception":
        return "closed"
    if status == HTTPStatus.BAD_REQUEST and "different number of dimensions" in told(error):
        return "switched"
    return "final"


class Resending:
    """When the documents of one request, as far as they were refused, are sent again.

    `embedded_anew` says that a pipeline embeds them again each time. Vectors that were sent along stay what they are.
    """

    def __init__(self, *, embedded_anew: bool) -> None:
        self._pauses = list(PAUSES)
        self._closed_until = 0.0
        self._switches = 1 if embedded_anew else 0

    def pause(self, refused: Sequence[Mapping[str, Any]]) -> float | None:
        """Return the seconds to wait before what was refused is sent again; None when that would be of no use."""
        kinds = {kind_of(item) for item in refused}
        if "final" in kinds:
            return None
        if "busy" in kinds:
            return self._pauses.pop(0) if self._pauses else None
        if "closed" in kinds:
            now = time.monotonic()
            self._closed_until = self._closed_until or now + SWITCH_SECONDS
            return SWITCH_PAUSE if now < self._closed_until else None
        self._switches -= 1
        return SWITCH_PAUSE if self._switches >= 0 else None


def refusal_of(index: str, refused: Sequence[Mapping[str, Any]], sent: int) -> str:
    """Say why Elasticsearch refused items of a bulk request of `sent` documents, by the first that no waiting helps."""
    first = min(refused, key=lambda item: kind_of(item) != "final")
    return (
        f"{len(refused)} of {sent} documents were not indexed into {index}; the first, "
        f"{first.get('_id')}, with HTTP {first.get('status')}: {told(first['error'])}. "
        f"{_WAYS_OUT[kind_of(first)].format(index=index)}"
    )


_CHECK = "Check the embedding server (docker ps, docker logs) and the pipeline, then run the command again."

_WAYS_OUT: dict[Kind, str] = {
    "busy": _CHECK,
    "final": _CHECK,
    "closed": (
        f"It was closed to writers for {SWITCH_SECONDS:.0f} s. If `pulumi up` is carrying its documents over, run the "
        "command again once that is done; if it was interrupted, `pulumi up` opens the index again; if somebody "
        'closed it by hand, open it (PUT /{index}/_settings {{"index.blocks.write": null}}).'
    ),
    "switched": (
        "The vectors are not of the kind that the index holds now. Embed the documents as it does, then run the "
        "command again."
    ),
}
