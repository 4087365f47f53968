"""Texts of about so many tokens, no two of them the same."""

import random
from collections.abc import Callable, Iterator
from threading import Lock

SAMPLE = 400
"""Words by which the tokens of a word are found out."""

WORDS = (
    "river market window engine letter garden number doctor summer planet copper village teacher bottle season "
    "forest island bridge kitchen mirror winter harbour ticket basket cotton tunnel rocket signal museum pocket "
    "the of and to in is that for it as was with be by on not are this but from or have an they which one you were"
).split()


class Texts:
    """Makes texts: `count` tells how many tokens of the model a text has.

    The tokens of a word are counted once, so a text of N tokens has about N. Threads may share it.
    """

    def __init__(self, count: Callable[[str], int], seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing secret: words in any order
        self._lock = Lock()
        sample = self._words(SAMPLE)
        self._tokens_of_a_word = max(count(sample), 1) / SAMPLE

    def of(self, tokens: int) -> Iterator[str]:
        """Yield texts of about so many tokens without end."""
        while True:
            with self._lock:
                text = self._words(max(1, round(tokens / self._tokens_of_a_word)))
            yield text

    def _words(self, count: int) -> str:
        return " ".join(self._random.choices(WORDS, k=count))
