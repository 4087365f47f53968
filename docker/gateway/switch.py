"""Takes orders to switch a lane, on a socket that nobody outside the container reaches."""

import asyncio
import json
from pathlib import Path

from gateway.lanes import Lanes
from gateway.metrics import Metrics


async def take_orders(socket: Path, lanes: Lanes, metrics: Metrics) -> asyncio.AbstractServer:
    """Listen on the socket: an order is a line of JSON, and so is the answer, [done, said]."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            lane, server, seconds, context = json.loads(await reader.readline())
            done, said = True, await lanes.use(str(lane), str(server), float(seconds), int(context))
            metrics.switches.labels(lane).inc()
        except (ValueError, TypeError, OSError) as error:
            done, said = False, str(error)
        writer.write(json.dumps([done, said]).encode() + b"\n")
        await writer.drain()
        writer.close()

    socket.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, socket)
    socket.chmod(0o600)
    return server
