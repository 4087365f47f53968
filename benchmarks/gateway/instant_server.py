"""A server that answers at once with vectors made beforehand: what remains is what the gateway costs.

Run as `python -m benchmarks.gateway.instant_server PORT WIDTH`. It speaks just enough HTTP for two clients that keep
their connections, so that it is as fast as it can be in Python.
"""

import asyncio
import base64
import json
import math
import struct
import sys
from typing import Any

import uvloop


class Instant(asyncio.Protocol):
    """One connection: each request gets as many vectors as its array has texts, in base64 or as numbers."""

    def __init__(self, width: int) -> None:
        numbers = [math.sin(1.37 * place + 0.1) for place in range(width)]
        length = math.hypot(*numbers)
        numbers = [number / length for number in numbers]
        self._forms = {
            True: json.dumps(base64.b64encode(struct.pack(f"<{width}f", *numbers)).decode()),
            False: json.dumps(numbers),
        }
        self._answers: dict[tuple[int, bool], bytes] = {}
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        """Keep what answers go to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            self._transport.write(self._answer(body))

    def _answer(self, body: bytes) -> bytes:
        asked = json.loads(body) if body else {"input": []}
        texts = asked["input"]
        wanted = (1 if isinstance(texts, str) else len(texts), asked.get("encoding_format") == "base64")
        if wanted not in self._answers:
            self._answers[wanted] = self._written(*wanted)
        return self._answers[wanted]

    def _written(self, count: int, encoded: bool) -> bytes:
        rows = (
            f'{{"object":"embedding","index":{index},"embedding":{self._forms[encoded]}}}'
            for index in range(count)
        )
        usage = f'{{"prompt_tokens":{10 * count},"total_tokens":{10 * count}}}'
        body = f'{{"object":"list","model":"m","usage":{usage},"data":[{",".join(rows)}]}}'.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


async def serve(port: int, width: int) -> None:
    """Answer for ever."""
    server = await asyncio.get_running_loop().create_server(lambda: Instant(width), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2])))
