"""Asks one llama-server, and reads what it answers."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from gateway.connections import ANSWER_SECONDS
from gateway.refusal import unavailable, wrong
from gateway.rules import Vectors
from gateway.vectors import decode

TRIES = 4
"""How often a connection is tried: behind the address of a Service each one may lead to another server."""

_TOO_LONG = re.compile(r"\((\d+) tokens\) (?:is too large|is larger|exceeds)")


@dataclass(frozen=True)
class Embedded:
    """Vectors, one a row, and how many tokens they were made of."""

    vectors: Vectors
    tokens: int


class Server:
    """One llama-server at `address` (host:port), which is asked `at_once` requests for embeddings at a time.

    It takes texts of up to `context` tokens; `requests` is how many of the gateway's it has still to answer.
    """

    def __init__(
        self, session: aiohttp.ClientSession, address: str, context: int, key: str, at_once: int
    ) -> None:
        self.address = address
        self.context = context
        self.requests = 0
        self._session = session
        self._headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {key}"} if key else {}
        )
        self._urls = {path: URL(f"http://{address}{path}") for path in ("/v1/embeddings", "/tokenize")}
        self._slots = asyncio.Semaphore(at_once)

    async def embed(self, inputs: Sequence[str | list[int]], width: int) -> Embedded:
        """Embed texts, or the tokens of texts. Raises RefusedError."""
        async with self._slots:
            answer = await self._post("/v1/embeddings", {"input": inputs, "encoding_format": "base64"})
        try:
            vectors = decode([row["embedding"] for row in answer["data"]], width)
            if len(vectors) == len(inputs):
                return Embedded(vectors, int(answer["usage"]["prompt_tokens"]))
        except (KeyError, TypeError, ValueError):
            pass
        raise unavailable(
            f"The server answered with something else than {len(inputs)} vectors of {width} numbers."
        )

    async def tokenize(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what the server's /tokenize answers. Raises RefusedError."""
        return await self._post("/tokenize", asked)

    async def read(self, path: str, seconds: float) -> str:
        """Return the text at a path, or an empty one where the server does not answer with 200 within these seconds."""
        try:
            limit = aiohttp.ClientTimeout(total=seconds)
            url = f"http://{self.address}{path}"
            async with self._session.get(url, headers=self._headers, timeout=limit) as answer:
                return await answer.text() if answer.status == 200 else ""
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return ""

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        url, sent = self._urls[path], json.dumps(body, ensure_ascii=False).encode()
        lost = False
        for _ in range(TRIES):
            began = time.monotonic()
            try:
                async with self._session.post(
                    url, data=sent, headers=self._headers, allow_redirects=False
                ) as answer:
                    return read_answer(answer.status, await answer.read())
            except aiohttp.ClientConnectorError:
                pass
            except aiohttp.ServerTimeoutError:
                if time.monotonic() - began > ANSWER_SECONDS:
                    break
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # It was a connection kept from before, perhaps, or its machine died; no harm is done by embedding a
                # text twice. But it may be the text that ends servers.
                if lost:
                    break
                lost = True
            except (aiohttp.ClientError, TimeoutError):
                break
        raise unavailable("The server does not answer.")


def read_answer(status: int, raw: bytes) -> dict[str, Any]:
    """Return what a server answered. Raises RefusedError."""
    try:
        answer = json.loads(raw)
        error = answer.get("error", {})
        said = str(error.get("message", ""))
    except (ValueError, AttributeError):
        raise unavailable("The server's answer could not be read.") from None
    if status == 200 and not error:
        return dict(answer)
    # llama-server gives this two statuses, 400 and 500, but asking again would never help.
    if too_long := _TOO_LONG.search(said):
        raise wrong(
            f"One of the texts has {too_long[1]} tokens, prefix included, more than its server takes.",
            "input",
            "input_too_long",
        )
    if status == 400:
        raise wrong(said or "The server refuses this.")
    raise unavailable(f"The server can't embed now (HTTP {status}).")
