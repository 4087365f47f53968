"""The lanes: which llama-server each one asks, and the switch to another one without losing a request."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway.refusal import full, unavailable
from gateway.rules import LaneName
from gateway.server import Server

HEALTH_SECONDS = 5

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9]{1,5})?")


class SwitchError(Exception):
    """A lane stays with the server that it asks."""


class _InUse:
    """A server, and how many requests it still has to answer."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.requests = 0
        self.idle = asyncio.Event()
        self.idle.set()


class Lane:
    """One lane: new requests go to its server, and not more than `most` of them are let in."""

    def __init__(self, name: LaneName, most: int) -> None:
        self.name = name
        self._most = most
        self._now: _InUse | None = None
        self.requests = 0

    @property
    def server(self) -> Server | None:
        """The server that is asked now; None as long as none has proved itself."""
        return self._now.server if self._now else None

    @contextmanager
    def request(self) -> Iterator[Server]:
        """Let a request in, and yield the server that answers all of it. Raises RefusedError."""
        now = self._now
        if now is None:
            raise unavailable(f"No server for {self.name} has proved itself yet.")
        if self.requests >= self._most:
            raise full(f"The lane for {self.name} is full: {self._most} requests are waiting.")
        self.requests += 1
        now.requests += 1
        now.idle.clear()
        try:
            yield now.server
        finally:
            self.requests -= 1
            now.requests -= 1
            if now.requests == 0:
                now.idle.set()

    def use(self, server: Server) -> asyncio.Event:
        """Send new requests to a server; return what is set when the one before has answered all of its own."""
        before, self._now = self._now, _InUse(server)
        return before.idle if before else self._now.idle


class Lanes:
    """Both lanes, and the file that remembers over restarts which server each asks."""

    def __init__(
        self, lanes: Mapping[LaneName, Lane], file: Path, port: int, connect: Callable[[str], Server]
    ) -> None:
        self.lanes = lanes
        self._file = file
        self._port = port
        self._connect = connect
        self._switching = asyncio.Lock()
        for name, address in self._remembered().items():
            lanes[name].use(connect(address))

    def __getitem__(self, name: LaneName) -> Lane:
        return self.lanes[name]

    async def use(self, lane: str, name: str, seconds: float) -> str:
        """Switch a lane to the server of that name; return what was left to say. Raises SwitchError.

        Ends when the server before has answered its last request, or after so many seconds.
        """
        switched = next((one for one in self.lanes.values() if one.name == lane), None)
        if switched is None:
            raise SwitchError(f"There is no lane {lane}: there are {', '.join(self.lanes)}.")
        if not _NAME.fullmatch(name):
            raise SwitchError("That is no name of a server.")
        async with self._switching:
            server = self._connect(name if ":" in name else f"{name}:{self._port}")
            if not await server.read("/health", HEALTH_SECONDS):
                raise SwitchError(f"{server.address} does not answer /health with 200 from here.")
            self._remember(self._remembered() | {switched.name: server.address})
            idle = switched.use(server)
        try:
            await asyncio.wait_for(idle.wait(), seconds)
        except TimeoutError:
            return (
                "Requests to the server before are still being answered; they are not waited for any longer."
            )
        return ""

    def _remembered(self) -> dict[LaneName, str]:
        try:
            found = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        return {name: str(found[name]) for name in self.lanes if name in found}

    def _remember(self, addresses: Mapping[LaneName, str]) -> None:
        new = self._file.with_suffix(".new")
        with new.open("w") as file:
            json.dump(addresses, file)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self._file)
