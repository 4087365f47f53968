"""What can go wrong before Elasticsearch is asked anything."""

from components.errors import StackError


class CommandError(StackError):
    """A command that cannot be carried out as it was given; the message says what to give instead."""


class UsageError(CommandError):
    """Arguments that do not go together, told with the exit code of wrong usage."""
