"""Splits bytes into lines, none of which is held when it has no end."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader

LONGEST = 32 * 2**20
"""Bytes of a line, an element of an array, or a text file: more than any document that Elasticsearch takes well."""

SHOWN = 1000
"""Bytes that are kept of what is longer."""

BOM = b"\xef\xbb\xbf"
"""The mark of the byte order, which Windows puts before UTF-8."""

TOO_LONG = f"longer than {LONGEST // 2**20} MiB"


@dataclass(frozen=True)
class Line:
    """A line with its number, from 1; of one that is longer than LONGEST (`whole` is false) only the beginning."""

    number: int
    raw: bytes
    whole: bool = True

    @property
    def text(self) -> str:
        """The line for people, without its end."""
        return shown(self.raw)


def shown(raw: bytes) -> str:
    """Return bytes as text, without an end of line; those that are not UTF-8 as halves of surrogate pairs."""
    return raw.decode(errors="surrogateescape").rstrip("\r\n")


def lines_of(stream: BufferedReader) -> Iterator[Line]:
    """Yield each line, empty ones included, without a mark of the byte order (BOM) at the beginning."""
    number = 0
    while raw := stream.readline(LONGEST + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(BOM)
        if len(raw) <= LONGEST or raw.endswith(b"\n"):
            yield Line(number, raw)
            continue
        yield Line(number, raw[:SHOWN], whole=False)
        while raw and not raw.endswith(b"\n"):
            raw = stream.readline(LONGEST + 1)
