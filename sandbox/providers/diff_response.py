"""Tells the engine, in the protocol's words, what a difference of inputs means for a resource."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.diff import Change, Difference, top_level
from sandbox.providers.protos import provider_pb2

KINDS = {
    (Change.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Change.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Change.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Change.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Change.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def diff_response(found: Mapping[str, Difference], *, delete_first: bool) -> Any:
    """Return the message for the differences `found`, by path."""
    if not found:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    replaces = [path for path, difference in found.items() if difference.replaces]
    detailed = {
        path: provider_pb2.PropertyDiff(kind=KINDS[difference], inputDiff=True)
        for path, difference in found.items()
    }
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        diffs=sorted({top_level(path) for path in found}),
        replaces=replaces,
        deleteBeforeReplace=delete_first and bool(replaces),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
