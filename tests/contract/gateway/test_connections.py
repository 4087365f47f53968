"""Connections to servers: a machine that died is noticed, a slow server waited for, each of several gets its part."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
import uvloop
from gateway import connections
from gateway.refusal import RefusedError
from gateway.server import TRIES, Server

from tests.contract.gateway.conftest import Doubles
from tests.contract.gateway.running import WIDTH, double, free

NAMESPACE, LINK = "gateway-test", ("gateway-test-a", "gateway-test-b")
HERE, THERE = "198.18.77.1", "198.18.77.2"

Address = tuple[str, int]


def asking(ask: Callable[[Any], Awaitable[None]], kept_seconds: float = 0) -> None:
    """Run what asks servers by a session, on the loop that the gateway runs on."""

    async def run() -> None:
        async with connections.connections(kept_seconds) as session:
            await ask(session)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


async def embedded(session: Any, address: str) -> None:
    """Have a text embedded by the server at an address. Raises RefusedError."""
    assert (await Server(session, address, 40, "", 100).embed(["a"], WIDTH)).tokens == 3


@asynccontextmanager
async def answering(answers: Sequence[bytes]) -> Any:
    """Answer the first bytes of connections with these bytes, one after the other, and yield address and connections.

    What is empty ends its connection.
    """
    opened: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        await reader.read(1)
        said = answers[min(len(opened), len(answers)) - 1]
        if said:
            writer.write(said)
        else:
            writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield "{}:{}".format(*listening.sockets[0].getsockname()), opened
    listening.close()
    for writer in opened:
        writer.close()


def test_the_kernel_watches_each_connection_and_gives_a_silent_one_up_within_half_a_minute() -> None:
    async def look(session: Any) -> None:
        begun = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
        async with answering([begun]) as (address, _), session.get(f"http://{address}/") as answer:
            options = answer.connection.transport.get_extra_info("socket")
            found = [options.getsockopt(level, option) for level, option, _ in connections.OPTIONS]
            assert found == [1, 10, 5, 3, 25_000]

    asking(look)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have silence noticed after 3 seconds."""
    values = (1, 1, 1, 2, 3000)
    options = [(*one[:2], value) for one, value in zip(connections.OPTIONS, values, strict=True)]
    monkeypatch.setattr(connections, "OPTIONS", options)


def ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True)


@pytest.fixture
def within() -> Iterator[Sequence[str]]:
    """Make a network namespace, as another machine, with a link to it; return the command that runs something there."""
    try:
        ip("netns", "add", NAMESPACE)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("making a network namespace needs root, and iproute2")
    try:
        ip("link", "add", LINK[0], "type", "veth", "peer", "name", LINK[1], "netns", NAMESPACE)
        ip("address", "add", f"{HERE}/30", "dev", LINK[0])
        ip("link", "set", LINK[0], "up")
        ip("-n", NAMESPACE, "address", "add", f"{THERE}/30", "dev", LINK[1])
        ip("-n", NAMESPACE, "link", "set", LINK[1], "up")
        yield ["ip", "netns", "exec", NAMESPACE]
    finally:
        ip("link", "del", LINK[0], check=False)
        ip("netns", "del", NAMESPACE, check=False)


@pytest.mark.usefixtures("quick")
def test_a_request_to_a_machine_that_died_is_answered_by_the_one_in_its_place(within: Sequence[str]) -> None:
    """The link is down for as long as it takes to notice; the server there does not hear that nobody waits any more."""
    address = f"{THERE}:{free()}"

    async def ask(session: Any) -> None:
        with double(address=address, within=within) as dying:
            dying.behave(seconds=1000)
            asked = asyncio.ensure_future(embedded(session, address))
            await asyncio.to_thread(dying.until_asked)
            ip("-n", NAMESPACE, "link", "set", LINK[1], "down")
        began = time.monotonic()
        while established(address):
            await asyncio.sleep(0.1)
        assert 1 < time.monotonic() - began < 10
        ip("-n", NAMESPACE, "link", "set", LINK[1], "up")
        with double(address=address, within=within):
            await asked

    asking(ask)


@pytest.mark.usefixtures("quick")
def test_a_server_that_computes_for_longer_than_a_silent_machine_gets_is_waited_for(
    within: Sequence[str],
) -> None:
    address = f"{THERE}:{free()}"

    async def ask(session: Any) -> None:
        with double(address=address, within=within) as slow:
            slow.behave(seconds=6)
            await embedded(session, address)
            assert len(slow.sent()) == 1

    asking(ask)


def established(address: str) -> bool:
    """Tell whether this machine has a connection to an address."""
    shown = subprocess.run(
        ["ss", "-Htn", "state", "established", "dst", address], capture_output=True, text=True, check=True
    )
    return bool(shown.stdout)


@pytest.mark.parametrize(
    ("answers", "connections_made", "said"),
    [
        ([b""], 2, "does not answer"),
        ([b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}"], 1, "HTTP 500"),
        ([b"", b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}"], 2, "HTTP 500"),
    ],
)
def test_a_connection_that_is_lost_is_made_once_more(
    answers: list[bytes], connections_made: int, said: str
) -> None:
    async def ask(session: Any) -> None:
        async with answering(answers) as (address, opened):
            with pytest.raises(RefusedError, match=said):
                await embedded(session, address)
            assert len(opened) == connections_made

    asking(ask)


def test_a_connection_that_does_not_come_about_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener whose queue is full answers no more, as a machine that died before the network knows of it."""
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        queued = [socket.socket() for _ in range(8)]
        for one in queued:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))

        async def ask(session: Any) -> None:
            began = time.monotonic()
            with pytest.raises(RefusedError, match="does not answer"):
                await embedded(session, f"127.0.0.1:{port}")
            assert TRIES * 0.3 <= time.monotonic() - began < TRIES * 0.3 + 3

        asking(ask)
        for one in queued:
            one.close()


@asynccontextmanager
async def balancer(servers: Sequence[str], seed: int = 1) -> Any:
    """Send each connection to any of the servers, as a Service does; yield its address."""
    chosen = Random(seed)  # noqa: S311 (nothing secret)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(2**16):
            writer.write(data)
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = chosen.choice(servers).partition(":")
        there, here = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pass_on(reader, here), pass_on(there, writer), return_exceptions=True)

    listening = await asyncio.start_server(connect, "127.0.0.1", 0)
    yield "{}:{}".format(*listening.sockets[0].getsockname())
    listening.close()


@pytest.mark.parametrize("kept_seconds", [0, 3])
def test_servers_behind_one_address_get_even_parts_also_a_new_one(
    doubles: Doubles, kept_seconds: float
) -> None:
    """With connections that are kept, the new server gets nothing as long as requests come."""
    servers = [doubles[0].address]
    for one in doubles:
        one.behave(seconds=0.01)

    async def ask(session: Any) -> None:
        async with balancer(servers) as address:
            one = Server(session, address, 40, "", 12)

            async def ask_on(times: int) -> None:
                for _ in range(times):
                    await one.embed(["a"], WIDTH)

            await asyncio.gather(*[ask_on(5) for _ in range(12)])
            servers.append(doubles[1].address)
            before = len(doubles[0].sent())
            await asyncio.gather(*[ask_on(30) for _ in range(12)])
            parts = [len(doubles[0].sent()) - before, len(doubles[1].sent())]
            assert sum(parts) == 360
            if kept_seconds:
                assert parts[1] < 90
            else:
                assert min(parts) > 140

    asking(ask, kept_seconds)
