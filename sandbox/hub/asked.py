"""The record of what clients asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """A request that came: to the Hub or to its storage, with which Range and token, and the status it got."""

    server: str
    method: str
    path: str
    range: str
    token: str
    status: int
