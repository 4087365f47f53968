"""What the programs of an update end with; each message says why, and what to do."""

from components.errors import StackError


class CheckError(StackError):
    """What is checked did not prove itself."""


class DeliveryError(StackError):
    """What was to be brought into a volume did not arrive."""
