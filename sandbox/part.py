"""The parts that a stack runs on: real ones, or stand-ins."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part; `what` says in a few words what is used, and `real` whether that is the real thing or a stand-in."""

    name: str
    real: bool
    what: str
