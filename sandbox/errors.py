"""The error that the sandbox raises for a person to read."""


class SandboxError(Exception):
    """A part of the sandbox could not be prepared; the message says which, why, and what to do next."""
