"""The llama-servers of a stack as its settings describe them: one for each lane, or one for both.

A lane is what requests of one kind wait in: the queries of searches, or the documents that are indexed.
"""

from dataclasses import dataclass
from typing import Literal

from components.settings.schema import ServerSettings

LaneName = Literal["documents", "queries"]

USUAL_SHARES = 1024
"""What the kernel gives a container that asks for no other weight."""


@dataclass(frozen=True, kw_only=True)
class LaneSettings:
    """The server named after its lane, and `answers`, the lanes whose requests it gets.

    Sizes are in tokens; `threads` 0 is the server's own choice; `shares` weighs it against other containers when they
    all want the CPU.
    """

    name: LaneName
    answers: tuple[LaneName, ...]
    context_size: int
    batch_size: int
    ubatch_size: int
    parallel: int
    threads: int
    shares: int


def lanes(server: ServerSettings) -> tuple[LaneSettings, ...]:
    """Return the servers of a stack, the one for documents first; it gets everything where it is the only one."""
    alone = server.lanes == 1
    documents = LaneSettings(
        name="documents",
        answers=("documents", "queries") if alone else ("documents",),
        context_size=server.context_size,
        batch_size=server.batch_size,
        ubatch_size=server.ubatch_size,
        parallel=server.parallel,
        threads=_threads(server.threads, server.cpus),
        # Said also where it is the usual one: the engine can't take back a weight, but can set another.
        shares=USUAL_SHARES if alone else server.document_shares,
    )
    if alone:
        return (documents,)
    size = min(server.query_context_size, server.context_size)
    queries = LaneSettings(
        name="queries",
        answers=("queries",),
        context_size=size,
        batch_size=size,
        ubatch_size=size,
        parallel=server.query_parallel,
        threads=_threads(server.query_threads, server.cpus),
        shares=server.query_shares,
    )
    return (documents, queries)


def _threads(wanted: int, cpus: str) -> int:
    """Return the threads of a server: as set, else as many as its limit of CPUs allows, else 0."""
    return wanted if wanted or not cpus else max(1, int(float(cpus)))
