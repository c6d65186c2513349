"""A crash of the server's machine: what an fsync had reached is there, whatever the server said; the rest is not."""

from __future__ import annotations

import asyncio

import pytest

from lab.embedded import EmbeddedServer
from lab.targets.local.disk import die_late
from messaging import RedisSettings
from messaging.seam.errors import MessagingError
from messaging.transport.connection import topology
from messaging.transport.link import Link
from tests.support.servers import ServerBinary

EVERYSEC = {"appendonly": "yes", "appendfsync": "everysec"}
FORGETS = {"valkey-9.1.2"}
"""Where WAITAOF answers before the fsync (redis/redis#13793)."""


async def count_until_the_end(way: RedisSettings, *, wait: bool) -> int:
    """Count up until the server dies, with WAITAOF or without, and return the last number that it acknowledged."""
    link, number = Link(topology(way), "", 5.0, 5.0), 0
    try:
        while True:
            replies = await link.many([("SET", "number", number + 1), *[("WAITAOF", 1, 0, 3000)] * wait], 5.0)
            for reply in replies:
                if isinstance(reply, MessagingError):
                    raise reply
            number += 1
            await asyncio.sleep(0)
    except MessagingError:
        return number
    finally:
        await link.aclose()


async def crashed(binary: ServerBinary, *, wait: bool) -> tuple[int, int, int]:
    """Return the bytes that were cut, what was acknowledged and what is there after a crash and a start."""
    async with EmbeddedServer(binary=binary.path, options=EVERYSEC) as server:
        way = RedisSettings(host=server.host, port=server.port)
        counting = asyncio.create_task(count_until_the_end(way, wait=wait))
        cut = await asyncio.to_thread(die_late, server)
        acknowledged = await counting
        await server.restart()
        link = Link(topology(way), "", 5.0, 5.0)
        try:
            there = int(await link.one(("GET", "number")))
        finally:
            await link.aclose()
    return cut, acknowledged, there


async def test_what_no_fsync_has_reached_is_lost(server_binary: ServerBinary) -> None:
    cut, acknowledged, there = await crashed(server_binary, wait=False)
    assert cut > 0
    assert 0 < there < acknowledged


async def test_what_was_waited_for_is_there_where_the_server_says_the_truth(server_binary: ServerBinary) -> None:
    if server_binary.version < "7.2":
        pytest.skip(f"{server_binary.name} has no WAITAOF")
    _, acknowledged, there = await crashed(server_binary, wait=True)
    assert (there < acknowledged) is (server_binary.name in FORGETS)
