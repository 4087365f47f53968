"""How progress is shown to a person who waits."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Shows the person one short line."""


def say_nothing(_line: str) -> None:
    """Show nothing: for callers where nobody waits."""
