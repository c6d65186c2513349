"""Settling while the server's replies are lost."""

from __future__ import annotations

import pytest

from messaging import ACK, Dead, Retry, Settled, Settlement
from messaging.seam.errors import ConnectionLost
from tests.faults.parties import REDELIVERING, bodies, dead_letters, loaded, opened, quick, some, take
from tests.faults.silence import PATIENCE, Silence, silent
from tests.support.standalone import Standalone

LONG = 30.0
SETTLEMENTS: list[Settlement] = [ACK, Dead("no"), ACK, Retry("later")]
EXPECTED = Settled(acked=2, retried=1, dead=1)


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_a_settle_without_a_reply_is_repeated_without_harm(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    options = quick(destination, retry_delay=LONG, lease=LONG)
    async with loaded(server.settings, pattern, options) as load:
        await load.publish(len(SETTLEMENTS))
    async with opened(silence.settings, pattern, options) as consumer:
        batch = await consumer.receive(10)
        async with silent(silence):
            with pytest.raises(ConnectionLost) as lost:
                await consumer.settle(batch, SETTLEMENTS)
        assert lost.value.sent
        assert await consumer.settle(batch, SETTLEMENTS) == EXPECTED
        assert await consumer.backlog() == (0, 1)
        assert len(await dead_letters(server, destination)) == 1


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_an_exchange_without_a_reply_settles_once_and_loses_nothing(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    options = quick(destination, lease=LONG)
    async with loaded(server.settings, pattern, options) as load:
        await load.publish(9)
    async with opened(silence.settings, pattern, options) as consumer:
        batch = await consumer.receive(3)
        async with silent(silence):
            with pytest.raises(ConnectionLost):
                await consumer.exchange(batch, None, 3)
        assert await consumer.settle(batch) == Settled(acked=3)
        rest = await take(consumer, 6, 3)
        assert sorted(bodies(rest)) == ["4", "5", "6", "7", "8", "9"]
        assert await consumer.backlog() == (0, 0)


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_what_somebody_else_took_meanwhile_is_stale(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    """The lease runs out while the reply is awaited: the settle that is tried again comes too late."""
    options = quick(destination, lease=0.1)
    async with (
        loaded(server.settings, pattern, options) as load,
        opened(silence.settings, pattern, options) as consumer,
        opened(server.settings, pattern, options) as other,
    ):
        await load.publish(1)
        batch = await consumer.receive(1)
        taken = await some(other)  # once the lease has ended
        async with silent(silence):
            with pytest.raises(ConnectionLost):
                await consumer.settle(batch)
        assert await consumer.settle(batch) == Settled(stale=1)
        assert await other.renew(taken)
        assert await other.settle(taken) == Settled(acked=1)
        assert await other.backlog() == (0, 0)


@pytest.mark.parametrize("others", [0, 3, 30])
async def test_a_queues_dead_letters_are_written_once_whatever_is_lost(
    server: Standalone, silence: Silence, destination: str, others: int
) -> None:
    options = quick(destination)
    said: list[Settlement] = [ACK, Dead("no"), Retry("later")]
    async with loaded(server.settings, "queue", options) as load:
        await load.publish(3 + others)
    async with opened(silence.settings, "queue", options) as consumer, opened(server.settings, "queue", options) as two:
        batch = await consumer.receive(3)
        async with silent(silence):
            with pytest.raises(ConnectionLost):
                await consumer.settle(batch, said)
        if others:  # somebody else's letters come between the two tries
            await two.settle(await two.receive(others), [Dead("no")] * others)
        assert await consumer.settle(batch, said) == Settled(acked=1, dead=2)
        letters = [fields[b"body"] for fields in await dead_letters(server, destination)]
        assert letters[:2] == [batch.deliveries[1].receipt, batch.deliveries[2].receipt]
        assert len(letters) == 2 + others


async def test_a_queues_dead_letters_that_never_arrived_are_written_by_the_next_try(
    server: Standalone, destination: str
) -> None:
    options = quick(destination)
    async with loaded(server.settings, "queue", options) as load, server.proxy() as proxy:
        await load.publish(2)
        settings = server.settings.model_copy(update={"port": proxy.port, "timeout": PATIENCE})
        async with opened(settings, "queue", options) as consumer:
            batch = await consumer.receive(2)
            await proxy.cut()
            with pytest.raises(ConnectionLost):
                await consumer.settle(batch, [Dead("no"), Dead("no")])
            assert not await dead_letters(server, destination)
            await proxy.heal()
            assert await consumer.settle(batch, [Dead("no"), Dead("no")]) == Settled(dead=2)
            assert len(await dead_letters(server, destination)) == 2


async def test_a_pop_without_a_reply_does_not_write_dead_letters_twice(server: Standalone, destination: str) -> None:
    options = quick(destination)
    async with loaded(server.settings, "queue", options) as load, server.proxy() as proxy:
        await load.publish(2)
        settings = server.settings.model_copy(update={"port": proxy.port, "timeout": PATIENCE})
        async with opened(settings, "queue", options) as consumer:
            batch = await consumer.receive(2)
            proxy.drop_replies(to=b"BLMPOP")
            settled, following = await consumer.exchange(batch, [ACK, Dead("no")], 1)
            assert settled == Settled(acked=1, dead=1)
            assert not len(following)
            assert len(await dead_letters(server, destination)) == 1
