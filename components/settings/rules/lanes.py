"""Rules about the lanes: what one lane has no use for, and how many requests each server can work on at once."""

import math

from components.settings.lanes import LaneSettings, lanes
from components.settings.reader import SettingsReader
from components.settings.schema import ServerSettings, Settings

TWO_LANES_ALONE = {
    "serverQueryContextSize": 2048,
    "serverQueryParallel": 4,
    "serverQueryThreads": 1,
    "serverQueryShares": 8192,
    "serverDocumentShares": 256,
}
"""The settings that mean nothing with one lane, and their defaults."""

CONTEXT_STEP = 256
"""Tokens of which the server's context is a multiple."""

MOST_SLOTS = 256
"""Sequences that llama.cpp works on at once at most (LLAMA_MAX_SEQ)."""


def check_lanes(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule about the lanes."""
    if settings.server.lanes == 1:
        _check_alone(reader, settings.server)
    if settings.model.pooling == "mean":
        for lane in lanes(settings.server):
            _check_parallel(reader, lane)


def _check_alone(reader: SettingsReader, server: ServerSettings) -> None:
    values = {
        "serverQueryContextSize": server.query_context_size,
        "serverQueryParallel": server.query_parallel,
        "serverQueryThreads": server.query_threads,
        "serverQueryShares": server.query_shares,
        "serverDocumentShares": server.document_shares,
    }
    for key, value in values.items():
        reader.require(
            value == TWO_LANES_ALONE[key],
            f"{key} is {value}, but serverLanes is 1, where one server gets queries and documents: set serverLanes to "
            f"2, or take it back with `pulumi config rm {key}`.",
            key,
            "serverLanes",
        )


def _check_parallel(reader: SettingsReader, lane: LaneSettings) -> None:
    """Refuse a number of slots with which llama-server fails an assertion at its start (exit code 139).

    It plans its largest batch with as many tokens for each slot, and so rounds up the tokens of one that can't be
    divided; pooling by the mean then multiplies matrices of different sizes (llm_graph_context::build_pooling).
    """
    key, sizes = {
        "documents": ("serverParallel", ("serverContextSize", "serverUbatchSize")),
        "queries": ("serverQueryParallel", ("serverQueryContextSize", "serverContextSize")),
    }[lane.name]
    # The server rounds its context up to a multiple of 256.
    batch = min(math.ceil(lane.context_size / CONTEXT_STEP) * CONTEXT_STEP, lane.ubatch_size)
    divisors = [count for count in range(1, MOST_SLOTS + 1) if batch % count == 0]
    near = sorted(sorted(divisors, key=lambda count: abs(count - lane.parallel))[:2])
    reader.require(
        batch % lane.parallel == 0,
        f"{key} is {lane.parallel} and modelPooling mean: the server for {lane.name} can't start unless {key} "
        f"divides its largest batch, which is {batch} tokens (of {' and '.join(sizes)}). "
        f"Set {key} to {' or '.join(map(str, near))}.",
        key,
        *sizes,
    )
