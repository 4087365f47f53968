"""Documents as the rows of a table whose first row names the fields: CSV and TSV."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from io import BufferedReader
from itertools import islice

from jinactl.errors import CommandError
from jinactl.ingest.entries import Entry, Origin, Reject, RejectedError
from jinactl.ingest.reading.documents import Shape, entry_of
from jinactl.ingest.reading.lines import SHOWN, Line, lines_of, shown

LONGEST_CELL = 4 * 2**20
"""Characters of a cell; a quote that is never closed makes one cell of all that follows."""


class _Rows:
    """Reads rows, and remembers the lines of the one that was read last."""

    def __init__(self, stream: BufferedReader, delimiters: str) -> None:
        self.number = 0
        self._lines = lines_of(stream)
        self._row: list[Line] = []
        self._again: deque[Line] = deque(islice(self._lines, 1))
        header = self._again[0].raw.decode(errors="replace") if self._again else ""
        self._delimiter = max(delimiters, key=header.count)
        csv.field_size_limit(LONGEST_CELL)
        self._reader = self._new_reader()

    @property
    def first(self) -> int:
        """The number of the line with which the last row begins."""
        return self.number - len(self._row) + 1

    @property
    def text(self) -> str:
        """The last row as it was."""
        return shown(b"".join(line.raw for line in self._row))

    def next(self) -> list[str] | None:
        """Return the cells of the next row, [] for an empty line, None at the end.

        Raises RejectedError for a line that is no row; what follows it is read anew, as rows of its own.
        """
        self._row = []
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            self._keep_first_line()
            raise RejectedError(_told(str(error))) from error
        if cells and self._are_rows(len(cells)):
            self._keep_first_line()
            raise RejectedError(
                "a quote is opened here and closed in another row: leave it out, or double it in quotes"
            )
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            raise RejectedError("not UTF-8 text") from error
        return cells

    def _are_rows(self, cells: int) -> bool:
        """Tell whether each line of the last row is one by itself: many programs write no quotes around TSV's cells."""
        tabs = [line.raw.count(b"\t") for line in self._row] if self._delimiter == "\t" else []
        return cells > 1 and len(tabs) > 1 and all(count == cells - 1 for count in tabs)

    def _keep_first_line(self) -> None:
        """Have what follows the first line of the last row read anew."""
        self._again.extendleft(reversed(self._row[1:]))
        self.number -= len(self._row) - 1
        del self._row[1:]
        self._reader = self._new_reader()

    def _new_reader(self) -> Iterator[list[str]]:
        # Strict, because text after a quote that ends a cell means that cells are not where they seem to be.
        return csv.reader(self._fed(), delimiter=self._delimiter, strict=True)

    def _fed(self) -> Iterator[str]:
        while (line := self._again.popleft() if self._again else next(self._lines, None)) is not None:
            self.number += 1
            self._row.append(line)
            if not line.whole:
                raise csv.Error("a line beyond the field limit")
            yield line.raw.decode(errors="surrogateescape")


def read(stream: BufferedReader, source: str, shape: Shape, delimiters: str) -> Iterator[Entry | Reject]:
    """Yield the document of each row, or why it is none; an empty cell is no field of its document.

    Of the `delimiters` the one counts that the header has most. Raises CommandError when the header is not usable.
    """
    rows = _Rows(stream, delimiters)
    names = _header(rows, source, shape)
    while True:
        try:
            cells = rows.next()
            if cells is None:
                return
            if cells:
                yield _entry(names, cells, _origin(rows, source), shape)
        except RejectedError as error:
            yield Reject(_origin(rows, source), str(error))


def _origin(rows: _Rows, source: str) -> Origin:
    return Origin(source, rows.first, rows.text)


def _entry(names: Sequence[str], cells: Sequence[str], origin: Origin, shape: Shape) -> Entry:
    if len(cells) != len(names):
        raise RejectedError(f"has {len(cells)} cells, and the header has {len(names)}")
    found = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
    return entry_of(found, origin, shape)


def _header(rows: _Rows, source: str, shape: Shape) -> list[str]:
    try:
        names = [one.strip() for one in rows.next() or []]
    except RejectedError as error:
        raise CommandError(f"The header of {source} cannot be read: {error}.") from error
    if not names:
        return []
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice or "" in names:
        what = f"names {twice[0]!r} twice" if twice and twice[0] else "has a column without a name"
        raise CommandError(f"The first line of {source} must name the columns, and it {what}.")
    if shape.content_field not in names:
        shown = ", ".join(names)[:SHOWN]
        raise CommandError(
            f"{source} has no column `{shape.content_field}`. Its columns are {shown}: name the one with the text "
            "with --content-field."
        )
    return names


def _told(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quote is opened here and not closed, or not where a cell ends"
    if "expected after" in error:
        return f"a quoted cell goes on after its quote ends ({error})"
    return "a cell, or its line, is too long" if "field limit" in error else error
