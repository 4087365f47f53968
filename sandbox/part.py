"""The parts that a stack runs on: the real ones, or what the sandbox puts in their place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One part: `what` says in a few words which thing of that name is in use, real or a stand-in."""

    name: str
    real: bool
    what: str
