"""Decides which refused documents are worth sending again, and when."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from components.backoff import Backoff, Patience
from components.elasticsearch.client.responses import may_pass, told
from components.elasticsearch.errors import ClosedError, IndexingError, StillBusyError

WHILE_BUSY = Patience(retries=5, first_pause=1.0, longest_pause=16.0)
WHILE_CLOSED = Patience(limit=60.0, longest_pause=0.5)
"""For an index that is closed to writers: a migration closes it for about a second before its switch."""
AFTER_A_SWITCH = Patience(retries=1)
"""For documents that were embedded for the previous generation: the pipeline of the new one embeds them again."""
NEVER = Patience(retries=0)

Item = Mapping[str, Any]
"""What Elasticsearch says of one document of a bulk request."""
Kind = Literal["busy", "closed", "replaced", "switched", "final"]

_NO_ENDPOINT = ("is not an inference service model", "Inference endpoint not found")
_NO_PIPELINE = re.compile(r"pipeline with id \[[^]]*\] does not exist")


def kind_of(item: Item) -> Kind:
    """Say why an item of a bulk request was refused.

    "busy": the cluster is, or the embedding server behind it. "closed": the index is, to writers.
    "replaced": the pipeline, or the endpoint that it embeds with, is not there, perhaps only until it is made anew.
    "switched": the document was embedded for the generation that the alias pointed to a moment ago. Anything else is
    "final".
    """
    status, error = int(item.get("status", 0)), item.get("error", {})
    reason = told(error)
    if may_pass(status, reason):
        return "busy"
    if status == HTTPStatus.FORBIDDEN and error.get("type") == "cluster_block_exception":
        return "closed"
    if any(one in reason for one in _NO_ENDPOINT) or _NO_PIPELINE.search(reason):
        return "replaced"
    if status == HTTPStatus.BAD_REQUEST and "different number of dimensions" in reason:
        return "switched"
    return "final"


class Resending:
    """Decides when the refused documents of one request are sent again.

    With `through_switch` they also wait while a migration closes the index for its switch. `embedded_anew` says that
    a pipeline embeds them again at each attempt; vectors that were sent along stay what they are.
    """

    def __init__(self, *, through_switch: bool = False, embedded_anew: bool = False) -> None:
        self._through_switch = through_switch
        self._busy = Backoff(WHILE_BUSY)
        self._closed = Backoff(WHILE_CLOSED if through_switch else NEVER)
        self._switched = Backoff(AFTER_A_SWITCH if through_switch and embedded_anew else NEVER)

    def pause(self, refused: Sequence[Item]) -> float | None:
        """Return the seconds to wait before resending refused documents; None when that would not help."""
        kinds = {kind_of(item) for item in refused}
        if "final" in kinds or ("replaced" in kinds and not self._through_switch):
            return None
        if "busy" in kinds or "replaced" in kinds:
            return self._busy.next_pause()
        if "closed" in kinds:
            if not self._closed.failures:
                self._closed.reset()
            return self._closed.next_pause()
        return self._switched.next_pause()


def refused_error(index: str, refused: Sequence[Item], sent: int) -> IndexingError:
    """Return the error for refused items of a bulk request of `sent` documents.

    It names the first item that waiting cannot help, if there is one.
    """
    kinds = {kind_of(item) for item in refused}
    kind = _ERRORS.get(kinds.pop(), IndexingError) if len(kinds) == 1 else IndexingError
    first = min(refused, key=lambda item: kind_of(item) != "final")
    return kind(
        f"{len(refused)} of {sent} documents were not indexed into {index}; the first, "
        f"{first.get('_id')}, with HTTP {first.get('status')}: {told(first['error'])}. "
        f"{_WAYS_OUT[kind_of(first)].format(index=index)}"
    )


_ERRORS: dict[Kind, type[IndexingError]] = {
    "busy": StillBusyError,
    "replaced": StillBusyError,
    "closed": ClosedError,
}

_CHECK = "Check the embedding server (docker ps, docker logs) and the pipeline, then run the command again."

_WAYS_OUT: dict[Kind, str] = {
    "busy": _CHECK,
    "final": _CHECK,
    "replaced": "`pulumi refresh` and `pulumi up` make the pipeline and the endpoint anew: run the command again then.",
    "closed": (
        f"It was closed to writers for {WHILE_CLOSED.limit:.0f} s. If `pulumi up` is carrying its documents over, run "
        "the command again once that is done; if it was interrupted, `pulumi up` opens the index again; if somebody "
        'closed it by hand, open it (PUT /{index}/_settings {{"index.blocks.write": null}}).'
    ),
    "switched": (
        "The vectors are not of the kind that the index holds now. Embed the documents as it does, then run the "
        "command again."
    ),
}
