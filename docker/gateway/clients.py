"""Bodies that clients send slowly or that are large, and clients that are gone: none of them holds others up."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import ClientError, web
from aiohttp.http import HttpProcessingError

from gateway.refusal import RefusedError, unavailable

LARGEST = 64 * 2**20
"""Bytes of a body."""

LARGEST_TOGETHER = 4 * LARGEST
"""Bytes of all bodies that are worked on at a time."""

BODY_SECONDS = 300
"""How long a body may take to come."""

WATCH_SECONDS = 1
"""How often it is looked who is gone."""


class Clients:
    """What is known of those who wait for an answer."""

    def __init__(self) -> None:
        self._bytes = 0
        self._tasks: dict[web.RequestHandler, asyncio.Task[object] | None] = {}

    @asynccontextmanager
    async def body(self, request: web.Request) -> AsyncIterator[bytes]:
        """Yield the body of a request, which counts until the context ends. Raises RefusedError."""
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise RefusedError(415, "Send the body as it is, without Content-Encoding.")
        body = bytearray()
        try:
            await self._read(request, body)
            yield bytes(body)
        finally:
            self._bytes -= len(body)

    async def _read(self, request: web.Request, body: bytearray) -> None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while chunk := await request.content.readany():
                    body += chunk
                    self._bytes += len(chunk)
                    if len(body) > LARGEST:
                        raise RefusedError(
                            413, f"The body has more than {LARGEST} bytes: send more requests."
                        )
                    if self._bytes > LARGEST_TOGETHER:
                        raise unavailable("Too many large requests are worked on.")
        except TimeoutError:
            raise RefusedError(408, f"The body did not come within {BODY_SECONDS} seconds.") from None
        except (ClientError, HttpProcessingError, web.RequestPayloadError, OSError):
            raise RefusedError(400, "The body did not come whole.") from None

    @contextmanager
    def waiting(self, request: web.Request) -> Iterator[None]:
        """Note that a client waits for what the current task does."""
        self._tasks[request.protocol] = asyncio.current_task()
        try:
            yield
        finally:
            del self._tasks[request.protocol]

    async def all_answered(self) -> None:
        """Wait until nobody waits for an answer: as long as it takes, whoever ends the gateway has a limit for that."""
        while self._tasks:
            await asyncio.sleep(WATCH_SECONDS / 10)

    async def end_abandoned(self) -> None:
        """End what nobody waits for any more, for ever: Debian's aiohttp (3.8) can't be told to."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for client, task in list(self._tasks.items()):
                if client.transport is None and task:
                    task.cancel()
