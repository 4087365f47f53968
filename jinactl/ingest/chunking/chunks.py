"""Splits a text into chunks of at most so many tokens, at the ends of sentences where there are any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jinactl.ingest.chunking.sentences import halves, sentences

CountTokens = Callable[[str], int]

FEWEST, MOST = 0.5, 8.0
"""Characters that a token may be guessed to have."""
LONG = 8
"""Characters a token beyond which a sentence is split before it is counted."""


@dataclass(frozen=True)
class Chunk:
    """A part of a text, with the characters of the text at which it starts and ends (the last is not in it)."""

    text: str
    start: int
    end: int


def split(text: str, limit: int, overlap: int, count: CountTokens) -> Iterator[Chunk]:
    """Yield the chunks of a text, in order, each of at most `limit` tokens as `count` counts them.

    A chunk begins with whole sentences of the one before that have about `overlap` tokens or less. A sentence of more
    tokens than `limit` is split between words, a word between characters.
    """
    if len(text.encode()) <= limit:  # no token has less than a byte, so this need not be counted
        found = _stripped(text, 0, len(text))
        yield from [found] if found else []
        return
    yield from _Splitter(text, limit, overlap, count).chunks()


class _Splitter:
    def __init__(self, text: str, limit: int, overlap: int, count: CountTokens) -> None:
        self._text, self._limit, self._overlap, self._count = text, limit, overlap, count
        self._units = list(sentences(text))
        self._per_token = 4.0

    def chunks(self) -> Iterator[Chunk]:
        first = reached = 0
        while reached < len(self._units):
            last = self._last_fitting(first, reached)
            if last < 0:  # what is repeated of the chunk before leaves no room for more
                first += 1
                continue
            begin, end = self._units[first][0], self._units[last][1]
            if found := _stripped(self._text, begin, end):
                yield found
            reached = last + 1
            first = self._overlapping(first, reached)

    def _last_fitting(self, first: int, reached: int) -> int:
        """Return the last unit of the longest chunk from `first` on; -1 where there is no room for that of `reached`.

        What may fit is guessed by the characters that a token has had so far, and then counted.
        """
        self._shorten(reached)
        last, fitting = self._guess(first, reached), -1
        while True:
            if self._tokens(first, last) <= self._limit:
                fitting, last = last, self._guess(first, last)
                if last == fitting:
                    return fitting
            elif fitting >= 0:
                return fitting
            elif last > reached:
                last = min(last - 1, self._guess(first, reached))
            elif first < reached or self._length(first, first) < 2:
                return -1 if first < reached else first
            else:
                self._halve(first)

    @property
    def _room(self) -> float:
        return self._limit * self._per_token

    def _guess(self, first: int, at_least: int) -> int:
        last = min(at_least, len(self._units) - 1)
        while last + 1 < len(self._units) and self._length(first, last + 1) <= self._room:
            last += 1
        return last

    def _length(self, first: int, last: int) -> int:
        return self._units[last][1] - self._units[first][0]

    def _tokens(self, first: int, last: int) -> int:
        begin, end = self._units[first][0], self._units[last][1]
        tokens = self._count(self._text[begin:end].strip())
        self._per_token = min(max((end - begin) / max(tokens, 1), FEWEST), MOST)
        return tokens

    def _shorten(self, unit: int) -> None:
        """Halve a unit until it is short enough to be counted."""
        while self._length(unit, unit) > self._limit * LONG:
            self._halve(unit)

    def _halve(self, unit: int) -> None:
        self._units[unit : unit + 1] = halves(self._text, self._units[unit])

    def _overlapping(self, first: int, reached: int) -> int:
        """Return the unit with which the next chunk begins."""
        begin, room = reached, self._overlap * self._per_token
        while begin - 1 > first and self._length(begin - 1, reached - 1) <= room:
            begin -= 1
        return begin


def _stripped(text: str, begin: int, end: int) -> Chunk | None:
    part = text[begin:end]
    start = begin + len(part) - len(part.lstrip())
    shown = part.strip()
    return Chunk(shown, start, start + len(shown)) if shown else None
