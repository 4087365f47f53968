"""The lanes: which llama-server each one asks, and the switch to another one without losing a request."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.refusal import full, unavailable
from gateway.rules import LaneName
from gateway.server import Server

HEALTH_SECONDS = 5

HOLD_SECONDS = 600
"""How long a lane can be held at most: a switch that was broken off must not keep clients waiting."""

LOOK_SECONDS = 0.02
"""How often a switch looks whether the server before has answered all."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9]{1,5})?")


class Lane:
    """One lane: new requests go to its `server`, None until one has proved itself; at most `most` are let in.

    While it is held, those that are let in wait, and none begins.
    """

    def __init__(self, name: LaneName, most: int) -> None:
        self.name = name
        self.server: Server | None = None
        self.requests = 0
        self._before: list[Server] = []
        self._most = most
        self._released = asyncio.Event()
        self._released.set()
        self._end_of_hold: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def request(self) -> AsyncIterator[Server]:
        """Let a request in, and yield the server that answers all of it. Raises RefusedError."""
        if self.requests >= self._most:
            raise full(f"The lane for {self.name} is full: {self._most} requests are waiting.")
        self.requests += 1
        try:
            # Held again between the release and this task's turn, it waits on.
            while not self._released.is_set():
                await self._released.wait()
            server = self.server
            if server is None:
                raise unavailable(f"No server for {self.name} has proved itself yet.")
            server.requests += 1
            try:
                yield server
            finally:
                server.requests -= 1
        finally:
            self.requests -= 1

    def use(self, server: Server) -> None:
        """Have requests begin with another server from now on."""
        if self.server:
            self._before.append(self.server)
        self.server = server

    async def left(self, seconds: float) -> bool:
        """Wait until the servers before have answered all; tell whether they have within so many seconds."""
        end = time.monotonic() + seconds
        while True:
            self._before = [server for server in self._before if server.requests]
            if not self._before:
                return True
            if time.monotonic() > end:
                return False
            await asyncio.sleep(LOOK_SECONDS)

    def hold(self, seconds: float) -> None:
        """Have new requests wait from now on, for so many seconds unless it is released before."""
        self.release()
        self._released.clear()
        self._end_of_hold = asyncio.get_running_loop().call_later(seconds, self.release)

    def release(self) -> bool:
        """Let requests begin again; tell whether the lane was held."""
        held = not self._released.is_set()
        if self._end_of_hold:
            self._end_of_hold.cancel()
        self._released.set()
        return held


class Lanes:
    """Both lanes, and the file that remembers over restarts which server each asks, and its context.

    `initial` is a file of the same form that others write: it counts where it is the newer one of the two. So a
    gateway that has no file of its own yet begins with it, and so does one that was down when a switch was made.
    """

    def __init__(
        self, most: int, file: Path, initial: Path | None, port: int, connect: Callable[[str, int], Server]
    ) -> None:
        self.by_name: Mapping[LaneName, Lane] = {
            "queries": Lane("queries", most),
            "documents": Lane("documents", most),
        }
        self._file = file
        self._port = port
        self._connect = connect
        for name, server in self._read(_newest(file, initial)).items():
            self.by_name[name].server = server

    def hold(self, name: str, seconds: float) -> str:
        """Have a lane's new requests wait, at most for so many seconds. Raises ValueError."""
        if not 0 < seconds <= HOLD_SECONDS:
            raise ValueError(f"A lane is held for more than 0 and at most {HOLD_SECONDS} seconds.")
        self._named(name).hold(seconds)
        return ""

    def release(self, name: str) -> str:
        """Let a lane's requests begin again; return what was left to say. Raises ValueError."""
        return (
            "" if self._named(name).release() else "The lane was not held, or no longer: its time was over."
        )

    async def use(self, name: str, server_name: str, seconds: float, context: int) -> str:
        """Switch a lane to the server of that name and context, in tokens; return what was left to say.

        Raises ValueError, and OSError where the file can't be written: the lane stays with its server then.
        Ends when the server before has answered its last request, or after so many seconds. A lane that is held stays
        so.
        """
        lane = self._named(name)
        if not _NAME.fullmatch(server_name):
            raise ValueError("That is no name of a server.")
        if context < 1:
            raise ValueError("The context of a server is at least 1 token.")
        server = self._connect(server_name if ":" in server_name else f"{server_name}:{self._port}", context)
        if not await server.read("/health", HEALTH_SECONDS):
            raise ValueError(f"{server.address} does not answer /health with 200 from here.")
        self._remember({one.name: one.server for one in self.by_name.values()} | {lane.name: server})
        lane.use(server)
        return await self.wait(name, seconds)

    async def wait(self, name: str, seconds: float) -> str:
        """Wait for the servers that a lane had before; return what was left to say. Raises ValueError."""
        if await self._named(name).left(seconds):
            return ""
        return "Requests to the server before are still being answered; nobody waits for them any longer."

    def _named(self, name: str) -> Lane:
        lane = next((one for one in self.by_name.values() if one.name == name), None)
        if lane is None:
            raise ValueError(f"There is no lane {name}: there are {', '.join(self.by_name)}.")
        return lane

    def _read(self, file: Path | None) -> dict[LaneName, Server]:
        if file is None:
            return {}
        try:
            found = json.loads(file.read_text())
            return {
                name: self._connect(str(found[name]["server"]), int(found[name]["context"]))
                for name in self.by_name
                if name in found
            }
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{file} is damaged, or of another version of the gateway.") from error

    def _remember(self, servers: Mapping[LaneName, Server | None]) -> None:
        remembered = {
            name: {"server": one.address, "context": one.context} for name, one in servers.items() if one
        }
        new = self._file.with_suffix(".new")
        with new.open("w") as file:
            json.dump(remembered, file)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self._file)


def _newest(*files: Path | None) -> Path | None:
    there = [file for file in files if file and file.exists()]
    return max(there, key=lambda file: file.stat().st_mtime, default=None)
