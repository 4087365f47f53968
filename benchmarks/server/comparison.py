"""Compares servers side by side: each figure of one against the same figure of another, taken a moment apart."""

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.server.load import Speed, measure
from benchmarks.server.servers import Running

LENGTHS = (16, 128, 512, 2048)
"""Tokens of a document."""

CLIENTS = (1, 4, 16)

ONCE_FROM = 16_384
"""Tokens at a time from which a cell is measured in one round: it takes a minute and more, so noise is small."""

Cell = tuple[int, int]
"""Tokens of a document, and clients at a time."""


@dataclass(frozen=True)
class Measured:
    """The results of one server in one cell, one a round; none where the server refuses documents of that length."""

    server: str
    tokens: int
    clients: int
    rounds: tuple[Speed, ...]

    @property
    def refused(self) -> str:
        """The server's answer where it embeds no such document."""
        return self.rounds[0].refused

    @property
    def tokens_per_second(self) -> float:
        """The median of the rounds."""
        return statistics.median(speed.tokens_per_second for speed in self.rounds)

    @property
    def milliseconds(self) -> float:
        """The median of a request's time."""
        return 1000 * statistics.median(speed.median_seconds for speed in self.rounds)


def cells(lengths: Sequence[int] = LENGTHS, clients: Sequence[int] = CLIENTS) -> list[Cell]:
    """Return every pairing of a length and a number of clients."""
    return [(tokens, at_a_time) for tokens in lengths for at_a_time in clients]


def compare(servers: Mapping[str, Running], wanted: Sequence[Cell], rounds: int) -> list[Measured]:
    """Measure every cell on every server in turn, `rounds` times: A B C, B C A, C A B; the largest cells once.

    The order changes, so that no server always runs after the same one.
    """
    found: list[Measured] = []
    for running in servers.values():
        measure(running.url, 128, 4)  # what is slow at first is no figure
    for tokens, clients in wanted:
        speeds: dict[str, list[Speed]] = {name: [] for name in servers}
        for number in range(1 if tokens * clients > ONCE_FROM else rounds):
            for name in rotated(list(servers), number):
                speeds[name].append(measure(servers[name].url, tokens, clients))
        for name, of_server in speeds.items():
            found.append(Measured(name, tokens, clients, tuple(of_server)))
            print(f"{name}: {tokens} tokens, {clients} clients: {shown(found[-1])}", flush=True)
    return found


def rotated(names: Sequence[str], number: int) -> list[str]:
    """Return the names, starting with another one in each round."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def shown(measured: Measured) -> str:
    """Return a figure for a person."""
    return "refused" if measured.refused else f"{measured.tokens_per_second:.0f} tokens/s"


def ratio(one: Measured, other: Measured) -> float | None:
    """Return the median over the rounds of how many times faster `one` was; None where `other` refuses."""
    if one.refused or other.refused:
        return None
    pairs = zip(one.rounds, other.rounds, strict=True)
    return statistics.median(mine.tokens_per_second / its.tokens_per_second for mine, its in pairs)


def started(stack: ExitStack, servers: Mapping[str, object]) -> dict[str, Running]:
    """Enter the servers' contexts; all stay loaded, and only the one that is asked computes."""
    return {name: stack.enter_context(server) for name, server in servers.items()}  # type: ignore[arg-type]
