"""A server at its memory limit, which evicts nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from messaging import ACK, Dead, Failed, Retry, Settled
from messaging.seam.errors import OutOfMemory
from tests.faults.parties import PERSISTENT, REDELIVERING, consuming, dead_letters, loaded, opened, quick, some
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone


@pytest.fixture
async def server(server_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server to fill, of each kind of the matrix."""
    async with run_standalone(server_binary) as own:
        yield own


async def _fill(server: Standalone) -> None:
    await server.node.execute("CONFIG", "SET", "maxmemory", 1)


async def _empty(server: Standalone) -> None:
    await server.node.execute("CONFIG", "SET", "maxmemory", 0)


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_a_publish_fails_and_consuming_goes_on(server: Standalone, destination: str, pattern: str) -> None:
    options = quick(destination)
    async with loaded(server.settings, pattern, options) as load:
        await load.publish(10)
        await _fill(server)
        (outcome,) = await load.publish(1)
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, OutOfMemory)
        async with consuming(server.settings, pattern, options) as it:  # it starts while memory is full
            await it.has(load.acknowledged)
            await _empty(server)
            await load.publish(1)
            await it.has({"12"})
        assert await load.publisher.backlog() in {(0, None), (0, 0)}


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_every_settlement_is_possible(server: Standalone, destination: str, pattern: str) -> None:
    options = quick(destination, retry_delay=0.0, lease=30.0, max_deliveries=2)
    async with loaded(server.settings, pattern, options) as load, opened(server.settings, pattern, options) as consumer:
        await load.publish(4)
        batch = await consumer.receive(4)
        await _fill(server)
        assert await consumer.settle(batch, [ACK, Dead("no"), Retry("later"), Retry("later")]) == Settled(1, 2, 1)
        again = await some(consumer)
        assert [one.count for one in again.deliveries] == [2]
        await consumer.hand_back(again)
        again = await some(consumer)
        assert [one.count for one in again.deliveries] == [2]
        assert await consumer.renew(again)
        assert await consumer.settle(again, [Retry("later")]) == Settled(dead=1)
        again = await some(consumer)
        assert await consumer.settle(again) == Settled(acked=1)
        assert await consumer.backlog() == (0, 0)
        assert len(await dead_letters(server, destination)) == 2
