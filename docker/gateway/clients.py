"""Bodies that clients send slowly or that are large, and clients that are gone: none of them holds others up."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import ClientError, web
from aiohttp.http import HttpProcessingError

from gateway.refusal import RefusedError, unavailable

LARGEST = 64 * 2**20
"""Bytes of a body."""

LARGEST_TOGETHER = 4 * LARGEST
"""Bytes of all bodies that are worked on at a time."""

SILENT_SECONDS = 60
"""So long a body may pause."""

IDLE_SECONDS = 300
"""So long a connection without a request stays: clients, Elasticsearch among them, give up theirs before."""

WATCH_SECONDS = 1
"""How often it is looked who is gone."""


class Clients:
    """What is known of those who are connected."""

    def __init__(self) -> None:
        self._bytes = 0
        self._last: dict[web.RequestHandler, float] = {}
        self._tasks: dict[web.RequestHandler, asyncio.Task[object] | None] = {}

    @asynccontextmanager
    async def body(self, request: web.Request) -> AsyncIterator[bytes]:
        """Yield the body of a request, which counts until the context ends. Raises RefusedError."""
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise RefusedError(415, "Send the body as it is, without Content-Encoding.")
        body = bytearray()
        try:
            if (request.content_length or 0) > LARGEST:
                raise _too_large()
            while chunk := await self._chunk(request):
                self._bytes += len(chunk)
                body += chunk
                if len(body) > LARGEST:
                    raise _too_large()
                if self._bytes > LARGEST_TOGETHER:
                    raise unavailable("Too many large requests are worked on.")
            yield bytes(body)
        finally:
            self._bytes -= len(body)

    async def _chunk(self, request: web.Request) -> bytes:
        if request.content.is_eof():
            return request.content.read_nowait()
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await request.content.readany()
        except TimeoutError:
            raise RefusedError(408, f"Nothing of the body came for {SILENT_SECONDS} seconds.") from None
        except (ClientError, HttpProcessingError, web.RequestPayloadError, OSError):
            raise RefusedError(400, "The body did not come whole.") from None

    @contextmanager
    def connected(self, request: web.Request) -> Iterator[None]:
        """Note that a connection has a request, which ends when the client no longer waits for the answer."""
        self._tasks[request.protocol] = asyncio.current_task()
        try:
            yield
        finally:
            self._tasks.pop(request.protocol, None)
            self._last[request.protocol] = time.monotonic()

    async def watch(self, server: web.Server) -> None:
        """End requests of clients that are gone, and close connections on which no whole request came, for ever."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = time.monotonic()
            for one, task in list(self._tasks.items()):
                if one.transport is None and task:
                    task.cancel()
            self._last = {one: self._last.get(one, now) for one in server.connections}
            for one, since in self._last.items():
                if one not in self._tasks and now - since > IDLE_SECONDS and one.transport:
                    one.transport.close()


def _too_large() -> RefusedError:
    return RefusedError(413, f"The body has more than {LARGEST} bytes: send more requests.")
