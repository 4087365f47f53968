"""The lanes: which llama-server each one asks, and the switch to another one without losing a request."""

import asyncio
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway.refusal import full, unavailable
from gateway.rules import LaneName
from gateway.server import Server

HEALTH_SECONDS = 5

LOOK_SECONDS = 0.02
"""How often a switch looks whether the server before has answered all."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(:[0-9]{1,5})?")


class Lane:
    """One lane: new requests go to its `server`, None until one has proved itself; at most `most` are let in."""

    def __init__(self, name: LaneName, most: int) -> None:
        self.name = name
        self.server: Server | None = None
        self.requests = 0
        self._most = most

    @contextmanager
    def request(self) -> Iterator[Server]:
        """Let a request in, and yield the server that answers all of it. Raises RefusedError."""
        server = self.server
        if server is None:
            raise unavailable(f"No server for {self.name} has proved itself yet.")
        if self.requests >= self._most:
            raise full(f"The lane for {self.name} is full: {self._most} requests are waiting.")
        self.requests += 1
        server.requests += 1
        try:
            yield server
        finally:
            self.requests -= 1
            server.requests -= 1


class Lanes:
    """Both lanes, and the file that remembers over restarts which server each asks, and its context."""

    def __init__(self, most: int, file: Path, port: int, connect: Callable[[str, int], Server]) -> None:
        self.by_name: Mapping[LaneName, Lane] = {
            "queries": Lane("queries", most),
            "documents": Lane("documents", most),
        }
        self._file = file
        self._port = port
        self._connect = connect
        for name, server in self._remembered().items():
            self.by_name[name].server = server

    async def use(self, name: str, server_name: str, seconds: float, context: int) -> str:
        """Switch a lane to the server of that name and context, in tokens; return what was left to say.

        Raises ValueError, and OSError where the file can't be written: the lane stays with its server then.
        Ends when the server before has answered its last request, or after so many seconds.
        """
        lane = next((one for one in self.by_name.values() if one.name == name), None)
        if lane is None:
            raise ValueError(f"There is no lane {name}: there are {', '.join(self.by_name)}.")
        if not _NAME.fullmatch(server_name):
            raise ValueError("That is no name of a server.")
        if context < 1:
            raise ValueError("The context of a server is at least 1 token.")
        server = self._connect(server_name if ":" in server_name else f"{server_name}:{self._port}", context)
        if not await server.read("/health", HEALTH_SECONDS):
            raise ValueError(f"{server.address} does not answer /health with 200 from here.")
        self._remember({one.name: one.server for one in self.by_name.values()} | {lane.name: server})
        before, lane.server = lane.server, server
        end = time.monotonic() + seconds
        while before and before.requests:
            if time.monotonic() > end:
                return "Requests to the server before are still being answered; nobody waits for them any longer."
            await asyncio.sleep(LOOK_SECONDS)
        return ""

    def _remembered(self) -> dict[LaneName, Server]:
        try:
            found = json.loads(self._file.read_text())
            return {
                name: self._connect(str(found[name]["server"]), int(found[name]["context"]))
                for name in self.by_name
                if name in found
            }
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self._file} is damaged, or of another version of the gateway.") from error

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
