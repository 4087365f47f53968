"""What can be wrong with the Docker engine, each with what to do about it."""

from components.errors import StackError


class NoEngineError(StackError):
    """No engine answers."""


class AnotherEngineError(StackError):
    """The engine that answers is not the one that the stack lives on."""
