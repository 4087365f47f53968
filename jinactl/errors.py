"""What can go wrong before Elasticsearch is asked anything."""

from components.errors import StackError


class CommandError(StackError):
    """A command that cannot be carried out as it was given; the message says what to give instead."""
