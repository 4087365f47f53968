"""The errors that the programs of an update end with; each message says why, and what to do."""

from components.errors import StackError


class CheckError(StackError):
    """A check failed."""


class DeliveryError(StackError):
    """A file or secret could not be delivered into a volume."""
