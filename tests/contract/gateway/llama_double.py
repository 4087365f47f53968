"""A double of llama-server for the gateway: it checks what it is sent, and counts a token for each word.

Run as `python -m tests.contract.gateway.llama_double PORT WIDTH CONTEXT HOST`. It keeps what it was sent. Tests read
that at /sent, and change how it behaves by posting to /behave.
"""

import asyncio
import base64
import json
import struct
import sys
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.fixtures.embedding_server import embedding

BEGIN, END = 1, 2
"""The tokens that the double's model puts around a text."""

VECTOR = "vector "
"""After this, and after a prefix, a text says which vector it has."""


def tokens_of(text: str) -> list[int]:
    """Return the double's tokens of a text: one a word, told by its length."""
    return [10 + len(word) for word in text.split()]


def vector_of(given: str | Sequence[int], width: int) -> list[float]:
    """Return the double's vector of a text, or of its tokens."""
    if isinstance(given, str) and VECTOR in given:
        numbers: list[float] = json.loads(given.partition(VECTOR)[2])
        return numbers
    return embedding(given if isinstance(given, str) else json.dumps(given), width)


class LlamaDouble:
    """llama-server as far as the gateway asks it; with `behaviour`, its faults."""

    def __init__(self, width: int, context: int) -> None:
        self._width = width
        self._context = context
        self._sent: list[dict[str, Any]] = []
        self._behaviour: dict[str, Any] = {}
        self._at_once = 0

    def application(self) -> web.Application:
        """Return what answers."""
        application = web.Application(client_max_size=2**28)
        application.router.add_post("/v1/embeddings", self._embed)
        application.router.add_post("/tokenize", self._tokenize)
        application.router.add_get("/health", self._health)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/sent", self._told)
        application.router.add_post("/behave", self._behave)
        return application

    async def _behave(self, request: web.Request) -> web.Response:
        self._behaviour = await request.json()
        self._sent.clear()
        return web.Response()

    async def _told(self, _request: web.Request) -> web.Response:
        return web.json_response(self._sent)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"}, status=self._behaviour.get("health", 200))

    async def _metrics(self, _request: web.Request) -> web.Response:
        name = "llamacpp:prompt_tokens_total"
        return web.Response(text=f"# HELP {name} Prompt tokens.\n# TYPE {name} counter\n{name} 7\n")

    async def _tokenize(self, request: web.Request) -> web.Response:
        asked = await request.json()
        await asyncio.sleep(self._behaviour.get("seconds_to_tokenize", 0))
        tokens = tokens_of(asked["content"])
        return web.json_response({"tokens": [BEGIN, *tokens, END] if asked.get("add_special") else tokens})

    async def _embed(self, request: web.Request) -> web.Response:
        body = await request.json()
        self._at_once += 1
        sent = {"body": body, "headers": dict(request.headers), "at_once": self._at_once, "abandoned": False}
        self._sent.append(sent)
        del self._sent[:-1000]
        try:
            await asyncio.sleep(self._behaviour.get("seconds", 0))
        except asyncio.CancelledError:
            sent["abandoned"] = True
            raise
        finally:
            self._at_once -= 1
        if "answer" in self._behaviour:
            return web.Response(status=self._behaviour["status"], text=self._behaviour["answer"])
        if self._behaviour.get("key", request.headers.get("Authorization")) != request.headers.get(
            "Authorization"
        ):
            return _error(401, "authentication_error", "Invalid API Key")
        return self._answer(body)

    def _answer(self, body: dict[str, Any]) -> web.Response:
        assert body["encoding_format"] == "base64"
        counts = [len(one) if isinstance(one, list) else len(tokens_of(one)) + 2 for one in body["input"]]
        longest, limit = max(counts), self._behaviour.get("takes", self._context)
        if longest > limit:
            return _error(
                500,
                "server_error",
                f"input ({longest} tokens) is too large to process. increase the physical batch size "
                f"(current batch size: {limit})",
            )
        rows = [
            {
                "object": "embedding",
                "index": index,
                "embedding": self._base64(given),
                "encoding_format": "base64",
            }
            for index, given in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
        return web.json_response({"object": "list", "model": "as asked", "data": rows, "usage": usage})

    def _base64(self, given: str | list[int]) -> str:
        numbers = self._behaviour.get("vector") or vector_of(given, self._width)
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message, "type": kind}}, status=status)


if __name__ == "__main__":
    port, width, context = (int(argument) for argument in sys.argv[1:4])
    double = LlamaDouble(width, context).application()
    web.run_app(double, host=sys.argv[4], port=port, access_log=None, print=None, handler_cancellation=True)
