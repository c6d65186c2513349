"""The proxy that breaks connections, before a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
import uvloop

from lab.proxy import Proxy
from tests.support.eventually import eventually
from tests.support.servers import ServerBinary, server_matrix
from tests.support.standalone import Standalone, run_standalone
from tests.support.tls import Certificates

PING, PONG = b"PING\r\n", b"+PONG\r\n"


@pytest_asyncio.fixture
async def server(embedded_binary: ServerBinary) -> AsyncIterator[Standalone]:
    async with run_standalone(embedded_binary) as topology:
        yield topology


@pytest_asyncio.fixture
async def proxy(server: Standalone) -> AsyncIterator[Proxy]:
    async with server.proxy() as opened:
        yield opened


class Wire:
    """A bare connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes = PING) -> bytes:
        self.writer.write(request)
        return await self.reader.readline()

    async def silent(self, seconds: float = 0.1) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False

    async def ended(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True


@asynccontextmanager
async def connected(host: str, port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


async def test_it_forwards_and_counts(proxy: Proxy) -> None:
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        assert (proxy.traffic.requests, proxy.traffic.replies) == (len(PING), len(PONG))
        assert (proxy.traffic.connections, proxy.open_connections) == (1, 1)
    await eventually(lambda: proxy.open_connections == 0, what="the end of the connection")


async def test_it_forwards_large_replies_whole(server: Standalone, proxy: Proxy) -> None:
    body = bytes(range(256)) * 40_000
    async with server.client() as client:
        await client.set("large", body)
    async with connected(proxy.host, proxy.port) as wire:
        header = await wire.ask(b"GET large\r\n")
        assert header == b"$%d\r\n" % len(body)
        assert await wire.reader.readexactly(len(body)) == body


async def test_dropped_replies_were_requests_that_the_server_obeyed(
    server: Standalone, proxy: Proxy, destination: str
) -> None:
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        proxy.drop_replies()
        wire.writer.write(b"RPUSH %s a\r\n" % destination.encode())
        await proxy.dropped()
        assert proxy.traffic.swallowed == len(b":1\r\n")
        assert await wire.silent()
        async with server.client() as client:
            assert await client.llen(destination) == 1
        await proxy.heal()
        assert await wire.ended()
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG


async def test_only_the_replies_to_a_marked_request_are_dropped(proxy: Proxy, destination: str) -> None:
    proxy.drop_replies(to=b"RPUSH")
    async with (
        connected(proxy.host, proxy.port) as untouched,
        connected(proxy.host, proxy.port) as struck,
    ):
        assert await struck.ask() == PONG
        struck.writer.write(b"RPU")
        await eventually(lambda: proxy.traffic.requests == len(PING) + 3, what="half a command")
        struck.writer.write(b"SH %s a\r\n" % destination.encode())
        await proxy.dropped()
        assert await untouched.ask() == PONG
        await proxy.heal()
        assert await struck.ended()
        assert await untouched.ask() == PONG
        proxy.drop_replies(to=b"RPUSH")
        assert await untouched.ask() == PONG


async def test_a_cut_closes_and_refuses_until_it_is_healed(proxy: Proxy) -> None:
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        await proxy.cut()
        assert await wire.ended()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(proxy.host, proxy.port)
    await proxy.heal()
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG


async def test_closed_connections_may_come_back_at_once(proxy: Proxy) -> None:
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        await proxy.close_connections()
        assert await wire.ended()
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG


async def test_a_stall_is_silence_and_loses_nothing(proxy: Proxy) -> None:
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        proxy.stall()
        wire.writer.write(PING)
        assert await wire.silent()
        async with connected(proxy.host, proxy.port) as late:
            late.writer.write(PING)
            assert await late.silent()
            await proxy.heal()
            assert await late.reader.readline() == PONG
        assert await wire.reader.readline() == PONG


async def test_it_keeps_the_replies_that_perhaps_nobody_read(server: Standalone, proxy: Proxy) -> None:
    async with server.client() as client:
        await client.set("k", "held back")
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        proxy.stall()
        wire.writer.write(b"GET k\r\n")
        assert await wire.silent()
    await proxy.heal()
    await eventually(lambda: proxy.open_connections == 0)
    async with connected(proxy.host, proxy.port) as wire:
        await wire.ask(b"ECHO once\r\n")
        await proxy.cut()
    assert b"once" in proxy.undelivered  # it may be read, or not


async def test_delays_add_up_over_both_ways_but_not_over_requests(proxy: Proxy) -> None:
    clock = asyncio.get_running_loop().time
    async with connected(proxy.host, proxy.port) as wire:
        await wire.ask()
        proxy.delay(0.2)
        start = clock()
        for _ in range(5):
            wire.writer.write(PING)
            await wire.writer.drain()
        assert await wire.reader.readexactly(5 * len(PONG)) == 5 * PONG
        assert 0.4 <= clock() - start < 5 * 0.4
        await proxy.heal()
        start = clock()
        assert await wire.ask() == PONG
        assert clock() - start < 0.4


async def test_a_server_that_is_gone_ends_the_connection(server: Standalone, proxy: Proxy) -> None:
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ask() == PONG
        server.server.kill()
        assert await wire.ended()
    async with connected(proxy.host, proxy.port) as wire:
        assert await wire.ended()


async def test_it_closes_while_stalled(server: Standalone) -> None:
    async with server.proxy() as proxy, connected(proxy.host, proxy.port) as wire:
        proxy.stall()
        wire.writer.write(PING)
        assert await wire.silent(0.02)


async def test_it_rewrites_replies(server: Standalone) -> None:
    upstream = (server.node.host, server.node.port)
    async with (
        Proxy(*upstream, translate=lambda chunk: chunk.replace(b"PONG", b"pong")) as proxy,
        connected(proxy.host, proxy.port) as wire,
    ):
        assert await wire.ask() == b"+pong\r\n"


async def test_it_speaks_tls_to_known_clients_only(server: Standalone, certificates: Certificates) -> None:
    upstream = (server.node.host, server.node.port)
    async with Proxy(*upstream, tls=certificates.server_context) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port, ssl=certificates.client_context)
        writer.write(PING)
        assert await reader.readline() == PONG
        writer.transport.abort()
        async with connected(proxy.host, proxy.port) as plain:
            plain.writer.write(PING)
            assert await plain.ended()


def test_it_runs_on_uvloop() -> None:
    async def once() -> bytes:
        async with (
            run_standalone(server_matrix()[0]) as server,
            server.proxy() as proxy,
            connected(proxy.host, proxy.port) as wire,
        ):
            return await wire.ask()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(once()) == PONG
