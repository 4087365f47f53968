"""The one base class of every error that this project raises for a person to read."""


class StackError(Exception):
    """A problem that the person running the stack can act on.

    The message says what happened, on which resource, why, and what to do next.
    """
