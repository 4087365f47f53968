"""How a person who waits is told what is being done."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Shows the person one short line."""


def say_nothing(_line: str) -> None:
    """Show nothing, where nobody waits."""
