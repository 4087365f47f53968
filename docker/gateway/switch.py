"""Takes orders to hold, switch or release a lane, on a socket that nobody outside the container reaches."""

import asyncio
import json
from pathlib import Path

from gateway.lanes import Lanes
from gateway.metrics import Metrics


async def take_orders(socket: Path, lanes: Lanes, metrics: Metrics) -> asyncio.AbstractServer:
    """Listen on the socket: an order is a line of JSON, and so is the answer, [done, said]."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            done, said = True, await _carried_out(json.loads(await reader.readline()), lanes, metrics)
        except (ValueError, TypeError, OSError) as error:
            done, said = False, str(error)
        writer.write(json.dumps([done, said]).encode() + b"\n")
        await writer.drain()
        writer.close()

    socket.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(answer, socket)
    socket.chmod(0o600)
    return server


async def _carried_out(order: list[str], lanes: Lanes, metrics: Metrics) -> str:
    """Return what was left to say. Raises ValueError, TypeError or OSError for what can't be done."""
    match order:
        case ["hold", lane, seconds]:
            return lanes.hold(lane, float(seconds))
        case ["release", lane]:
            return lanes.release(lane)
        case ["wait", lane, seconds]:
            return await lanes.wait(lane, float(seconds))
        case ["use", lane, server, seconds, context]:
            said = await lanes.use(lane, server, float(seconds), int(context))
            metrics.switches.labels(lane).inc()
            return said
    raise ValueError("There is no such order.")
