"""Bodies that clients send slowly or that are large, and clients that are gone: none of them holds others up."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

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

GONE_SECONDS = 1
"""How often it is looked whether the client still waits."""

T = TypeVar("T")


class Clients:
    """What is known of those who are connected."""

    def __init__(self) -> None:
        self._bytes = 0
        self._last: dict[object, float] = {}
        self._busy: set[object] = set()

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
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await request.content.readany()
        except TimeoutError:
            raise RefusedError(408, f"Nothing of the body came for {SILENT_SECONDS} seconds.") from None
        except (ClientError, HttpProcessingError, web.RequestPayloadError, OSError):
            raise RefusedError(400, "The body did not come whole.") from None

    async def attended(self, request: web.Request, work: Coroutine[object, object, T]) -> T:
        """Return what the work returns; end it when the client no longer waits. Raises RefusedError."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=GONE_SECONDS))[0]:
                if request.transport is None:
                    raise RefusedError(499, "The client is gone.")
            return task.result()
        finally:
            task.cancel()

    def began(self, request: web.Request) -> None:
        """Note that a connection has a request."""
        self._busy.add(request.protocol)

    def ended(self, request: web.Request) -> None:
        """Note that a connection's request is answered."""
        self._busy.discard(request.protocol)
        self._last[request.protocol] = time.monotonic()

    async def close_idle(self, server: web.Server) -> None:
        """Close connections on which no whole request came for a while, for ever."""
        while True:
            await asyncio.sleep(IDLE_SECONDS / 10)
            now = time.monotonic()
            self._last = {one: self._last.get(one, now) for one in server.connections}
            for one in server.connections:
                if one not in self._busy and now - self._last[one] > IDLE_SECONDS and one.transport:
                    one.transport.close()


def _too_large() -> RefusedError:
    return RefusedError(413, f"The body has more than {LARGEST} bytes: send more requests.")
