"""Runs the gateway: python3 -m gateway, with the settings of settings.py in the environment."""

import asyncio
import logging
import os
import resource
import signal
import sys
from typing import Any, cast

import uvloop
from aiohttp import web

from gateway.connections import connections
from gateway.lanes import Lanes
from gateway.metrics import Metrics
from gateway.server import Server
from gateway.settings import Settings, read_settings
from gateway.surface import Surface
from gateway.switch import take_orders

FILES = 65536
"""Files that may be open: one for each client, and one for each request to a server."""

BACKLOG = 4096


async def serve(settings: Settings) -> None:
    """Answer until the process is told to end; then finish what was begun."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_place_alone)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    async with connections(settings.kept_seconds) as session:

        def connect(address: str, context: int) -> Server:
            key = settings.keys[0] if settings.keys else ""
            return Server(session, address, context, key, settings.at_once)

        most = settings.at_once + settings.waiting
        remembered = settings.state / "lanes.json"
        lanes = Lanes(most, remembered, settings.initial, settings.server_port, connect)
        metrics = Metrics(lanes)
        surface = Surface(settings.model, lanes, metrics, settings.keys, settings.origins)
        runner = web.AppRunner(
            surface.application(), access_log=None, auto_decompress=False, keepalive_timeout=3600
        )
        await runner.setup()
        # Not by a site of aiohttp's: Debian's (3.8) ends requests after a time when it stops to listen.
        listening = await loop.create_server(
            cast("web.Server", runner.server),
            settings.address,
            settings.port,
            backlog=BACKLOG,
            reuse_address=True,
        )
        orders = await take_orders(settings.socket, lanes, metrics)
        watching = asyncio.ensure_future(surface.clients.end_abandoned())
        await ending.wait()
        surface.draining = True
        await asyncio.sleep(settings.drain_seconds)
        listening.close()
        await surface.clients.all_answered()
        watching.cancel()
        orders.close()
        await runner.cleanup()


def _place_alone(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Messages and objects in it could hold what a client sent.
    print("fault of the gateway:", type(context.get("exception")).__name__, file=sys.stderr, flush=True)


def main() -> int:
    """Run the gateway; return the exit code."""
    logging.getLogger("aiohttp").setLevel(
        logging.CRITICAL + 1
    )  # it logs lines of requests that it can't read
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    try:
        settings = read_settings(os.environ)
    except (KeyError, ValueError, OSError) as error:
        print(f"The gateway can't start: {error}", file=sys.stderr)
        return 1
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
