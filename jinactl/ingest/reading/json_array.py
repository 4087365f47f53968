"""Documents as the elements of one JSON array, which is never held as a whole.

The elements are found by brackets and quotes alone, and each is parsed by itself: so one that is wrong is told as it
was, and the others are read. A parser of the whole array would end there.
"""

import re
from collections.abc import Iterator
from io import BufferedReader

from jinactl.errors import CommandError
from jinactl.ingest.entries import Entry, Origin, Reject, RejectedError
from jinactl.ingest.reading import strict_json
from jinactl.ingest.reading.documents import Shape, entry_of
from jinactl.ingest.reading.lines import BOM, LONGEST, SHOWN, TOO_LONG, shown

PIECE = 2**16
_MARK = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'["\\\n]')


class _Splitter:
    """Finds the elements of an array in pieces of bytes, one after the other."""

    def __init__(self) -> None:
        self.ended = False
        self.after = b""
        self._depth = 0
        self._quoted = self._escaped = False
        self._element = bytearray()

    def elements(self, piece: bytes) -> Iterator[bytes]:
        """Yield the elements that end in a piece; of one longer than LONGEST the beginning, and a byte too much."""
        begin = at = 0
        while at < len(piece) and not self.ended:
            if self._escaped:
                self._escaped, at = False, at + 1
                continue
            found = (_IN_STRING if self._quoted else _MARK).search(piece, at)
            if found is None:
                break
            at = found.end()
            mark = found[0]
            if self._quoted:
                # A string has no end of line: that of a string whose end is missing ends it.
                self._quoted, self._escaped = mark == b"\\", mark == b"\\"
                continue
            if mark == b'"':
                self._quoted = True
                continue
            outside = self._depth == 1
            self._depth += (mark in b"[{") - (mark in b"]}")
            if mark == b"[" and self._depth == 1:
                begin = at
            elif (outside and mark == b",") or self._depth == 0:
                self._keep(piece[begin : found.start()])
                whole, begin, self.ended = bytes(self._element), at, self._depth == 0
                self._element.clear()
                yield whole
        if self.ended:
            self.after = piece[at:]
        elif self._depth:
            self._keep(piece[begin:])

    @property
    def rest(self) -> bytes:
        """What was read of an element that has not ended."""
        return bytes(self._element)

    def _keep(self, piece: bytes) -> None:
        self._element += piece[: LONGEST + 1 - len(self._element)]


def read(stream: BufferedReader, source: str, shape: Shape) -> Iterator[Entry | Reject]:
    """Yield the document of each element, or why it is none; the line of an origin is the element's number.

    Raises CommandError when there is no array, and when it does not end, after all elements that did.
    """
    if not stream.peek(PIECE).removeprefix(BOM).lstrip().startswith(b"["):
        raise CommandError(f"{source} does not begin with [, so it is no JSON array: leave --format out.")
    splitter, number = _Splitter(), 0
    while not splitter.ended and (piece := stream.read1(PIECE)):
        for raw in splitter.elements(piece):
            number += 1
            if raw.strip() or not splitter.ended:
                yield _read_one(raw, Origin(source, number, shown(raw[:LONGEST].strip())), shape)
    if not splitter.ended:
        if splitter.rest.strip():
            rest = shown(splitter.rest[:SHOWN].strip())
            yield Reject(Origin(source, number + 1, rest), "the array ends in the middle of this element")
        raise CommandError(
            f"{source} ends before its JSON array does: the file was cut, or a bracket or quote is missing after "
            f"element {number}."
        )
    if after := (splitter.after + stream.read(SHOWN)).strip():
        yield Reject(Origin(source, number + 1, shown(after[:SHOWN])), "stands after the end of the array")


def _read_one(raw: bytes, origin: Origin, shape: Shape) -> Entry | Reject:
    if len(raw) > LONGEST:
        return Reject(Origin(origin.source, origin.line, origin.text[:SHOWN]), TOO_LONG)
    try:
        return entry_of(strict_json.parse(raw.strip()), origin, shape)
    except RejectedError as error:
        return Reject(origin, str(error))
