"""A cluster that answers at once and keeps nothing: what remains is what an ingest itself costs.

Run as `python -m benchmarks.ingest.cluster_double PORT MAPPING`, where MAPPING is the answer to `GET /ALIAS/_mapping`.
It speaks just enough HTTP for a client that keeps its connections, and refuses what an ingest has no reason for. It
checks that each bulk request has whole lines; with every document new, nothing is found by `_mget`.
"""

import asyncio
import json
import re
import sys
from typing import Any

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb'"_id":"([^"]*)"')


class Instant(asyncio.Protocol):
    """One connection."""

    def __init__(self, mapping: bytes) -> None:
        self._mapping = mapping
        self._buffer = bytearray()

    def connection_made(self, transport: Any) -> None:
        """Keep what answers go to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + length])
            del self._buffer[: end + 4 + length]
            self._transport.write(self._answered(head.split(b"\r\n", 1)[0], body))

    def _answered(self, line: bytes, body: bytes) -> bytes:
        content = self._content(line.split(b" ")[1].split(b"?")[0].rpartition(b"/")[2], body)
        head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"
            b"Content-Length: %d\r\n\r\n"
        )
        return head % len(content) + content

    def _content(self, name: bytes, body: bytes) -> bytes:
        match name:
            case b"_mapping":
                return self._mapping
            case b"_refresh":
                return b"{}"
            case b"_mget":
                docs = [b'{"_index":"i","_id":"%b","found":false}' % one for one in _ID.findall(body)]
                return b'{"docs":[%b]}' % b",".join(docs)
            case b"_bulk":
                ids = [_ID.search(line) for line in body.split(b"\n")[:-1:2]]
                items = [b'{"index":{"_id":"%b","status":201}}' % one[1] for one in ids if one]
                return b'{"errors":false,"items":[%b]}' % b",".join(items)
        raise ValueError(f"an ingest has no reason for {name!r}")


async def _serve(port: int, mapping: bytes) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Instant(mapping), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    json.loads(sys.argv[2])
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2].encode()))
