"""Connections to the llama-servers: a silent machine at the other end is noticed, a slow server is waited for."""

import socket
from asyncio import Transport
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

CONNECT_SECONDS = 5
ANSWER_SECONDS = 3600
"""As long as llama-server itself waits (LLAMA_ARG_TIMEOUT): a long document takes minutes on a small machine."""

PROBED_AFTER, PROBED_EVERY, PROBES = 10, 5, 3
"""Seconds of silence until the other machine is probed, seconds between probes, and how many may go unanswered."""

SILENT_SECONDS = PROBED_AFTER + PROBED_EVERY * PROBES
"""After so long a machine that answers nothing is given up. One whose server computes answers probes meanwhile."""

OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBED_AFTER),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBED_EVERY),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES),
    # Probes are not sent while something that was sent waits to be confirmed: this ends that wait.
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_SECONDS * 1000),
)


class WatchedConnector(aiohttp.TCPConnector):
    """Connects as aiohttp does, and has the kernel watch whether the other machine is still there."""

    # Debian's aiohttp (3.8) has no public place where a new connection's socket is seen.
    async def _wrap_create_connection(self, *args: Any, **kwargs: Any) -> tuple[Transport, ResponseHandler]:
        transport, protocol = await super()._wrap_create_connection(*args, **kwargs)
        connection = transport.get_extra_info("socket")
        for level, option, value in OPTIONS:
            connection.setsockopt(level, option, value)
        return transport, protocol


def connections(kept_seconds: float) -> aiohttp.ClientSession:
    """Return what holds the connections to all servers.

    Idle ones are kept for `kept_seconds`. With 0 each request has a connection of its own: behind the address of a
    Service each connection leads to one of its pods, and one that is kept would lead there as long as it is used.
    """
    kept: dict[str, Any] = {"keepalive_timeout": kept_seconds} if kept_seconds else {"force_close": True}
    return aiohttp.ClientSession(
        connector=WatchedConnector(limit=0, ttl_dns_cache=CONNECT_SECONDS, **kept),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS),
    )
