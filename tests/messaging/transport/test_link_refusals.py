"""What a server in a bad state answers, each by its own class and with the mend in its text."""

from __future__ import annotations

import asyncio

import pytest

from lab.embedded import Options
from messaging.seam.errors import ServerLoading, ServerNotReady, ServerReadOnly
from messaging.transport.link import Link, Reply
from messaging.transport.settings import RedisSettings
from tests.support.cluster import ClusterTopology
from tests.support.links import link_to
from tests.support.node import Node
from tests.support.sentinel import SentinelTopology
from tests.support.servers import ServerBinary
from tests.support.standalone import run_standalone


def alone(node: Node) -> RedisSettings:
    """Return settings that know this one server only."""
    return RedisSettings(host=node.host, port=node.port)


async def test_a_replica_is_read_only_and_the_next_request_connects_anew(
    sentinel: SentinelTopology, destination: str
) -> None:
    primary = await sentinel.primary()
    (replica,) = (node for node in sentinel.nodes if node is not primary)
    async with link_to(alone(replica), destination) as link:
        for _ in range(2):
            with pytest.raises(ServerReadOnly, match="the primary is looked up"):
                await link.one(("RPUSH", destination, "a"))
        assert link.connections == 2


async def test_a_slot_that_is_elsewhere_is_not_ready_and_the_next_request_connects_anew(
    cluster: ClusterTopology, destination: str
) -> None:
    owner = await cluster.owner(destination)
    other = next(node for node in cluster.nodes if node is not owner)
    async with link_to(alone(other), destination) as link:
        for _ in range(2):
            with pytest.raises(ServerNotReady, match="MOVED"):
                await link.one(("RPUSH", destination, "a"))
        assert link.connections == 2


async def test_a_server_that_is_loading_is_not_ready_and_stores_nothing(embedded_binary: ServerBinary) -> None:
    """Each of three pipelined commands is refused: none is unknown."""
    options: Options = {"save": "3600 1", "key-load-delay": 2_000, "loading-process-events-interval-bytes": 1024}
    async with (
        run_standalone(embedded_binary, options=options) as topology,
        link_to(topology.settings, "filler") as link,
    ):
        await link.many([("SET", f"filler{number}", "x" * 100) for number in range(400)])
        restarting = asyncio.create_task(topology.server.restart())
        try:
            most, refusals = await _refused_while_loading(link)
        finally:
            await restarting
        assert [type(one) for one in refusals] == [ServerLoading] * 3
        assert "loading its data" in str(refusals[0])
        assert await link.one(("LLEN", "orders")) <= most


async def _refused_while_loading(link: Link) -> tuple[int, list[Reply]]:
    """Push until the server is there again, but loading; tell how many pushes may have been stored before its end."""
    most = 0
    async with asyncio.timeout(20):
        while True:
            replies = await link.many([("RPUSH", "orders", "x")] * 3)
            if any(isinstance(reply, ServerLoading) for reply in replies):
                return most, replies
            most += sum(isinstance(reply, int) or reply.sent for reply in replies)
