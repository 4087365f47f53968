"""Where a text can be split: at the ends of its sentences, else between words, else between characters."""

import re
import unicodedata
from collections.abc import Iterator

Span = tuple[int, int]
"""A part of a text: from a character up to another, which is not in it."""

_END = re.compile(
    r"""
    [.!?…؟۔।॥։።]+ ["'”’»›)\]}]* (?:\s+|$)   # a mark, what closes, and space, as most scripts have it
    | [。！？｡]+ ["'”’」』）》〉】]* \s*        # marks after which no space comes
    | \n\s*\n\s*                              # the end of a paragraph, a heading or a list
    """,  # noqa: RUF001 (the marks of many scripts)
    re.VERBOSE,
)
_NOT_AFTER = re.compile(r"(?:^|[\s(.])(?:\w|[A-Z]\w{1,2}|\d{1,2})\.\s+$")
"""An initial, a short title (Dr., St.), or a number before a full stop: the sentence may go on."""
_SPACE = re.compile(r"\s+")

SPACES = " \n\t\u3000"


def sentences(text: str) -> Iterator[Span]:
    """Yield the sentences of a text, one after the other without gaps: the space after each belongs to it."""
    begin = 0
    for found in _END.finditer(text):
        end = found.end()
        if end < len(text) and _goes_on(text, found.start(), end):
            continue
        yield begin, end
        begin = end
    if begin < len(text):
        yield begin, len(text)


def halves(text: str, span: Span) -> tuple[Span, Span]:
    """Return the two parts of a span of at least two characters, split between words near its middle if it has some."""
    begin, end = span
    middle = (begin + end) // 2
    before = max(text.rfind(space, begin, middle) for space in SPACES) + 1
    after = _SPACE.search(text, middle, end - 1)
    places = [one for one in (before, after.end() if after else 0) if begin < one < end]
    at = min(places, key=lambda one: abs(one - middle), default=middle)
    if not places:
        while at < end - 1 and _belongs_to_the_one_before(text[at]):
            at += 1
    return (begin, at), (at, end)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Tell whether the sentence goes on after what looks like its end."""
    if text[start] != ".":
        return False
    if "\n\n" in text[start:end]:
        return False
    return text[end].islower() or _NOT_AFTER.search(text[max(0, start - 8) : end]) is not None


def _belongs_to_the_one_before(character: str) -> bool:
    joins = ("\u200d", "\ufe0f")
    return unicodedata.combining(character) != 0 or character in joins
