"""Receiving while the server's replies are lost."""

from __future__ import annotations

import pytest

from messaging import PATTERNS
from messaging.seam.errors import ConnectionLost
from tests.faults.parties import PERSISTENT, REDELIVERING, bodies, consuming, loaded, opened, quick, take
from tests.faults.silence import Silence, silent
from tests.support.eventually import eventually
from tests.support.standalone import Standalone

ALL, BATCH = 10, 4


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_a_claim_without_a_reply_loses_nothing(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with loaded(server.settings, pattern, options) as load:
        await load.publish(ALL)
    async with opened(silence.settings, pattern, options) as consumer:
        async with silent(silence):
            with pytest.raises(ConnectionLost) as lost:
                await consumer.receive(BATCH)
        assert lost.value.sent
        # The lease is long: whatever comes now is our own again.
        taken = await take(consumer, ALL, BATCH)
        assert sorted(bodies(taken)) == sorted(load.acknowledged)
        assert await consumer.backlog() == (0, 0)


async def test_a_reliable_queues_claim_is_repeated_as_it_was(
    server: Standalone, silence: Silence, destination: str
) -> None:
    options = quick(destination)
    async with loaded(server.settings, "reliable-queue", options) as load:
        await load.publish(ALL)
    async with opened(silence.settings, "reliable-queue", options) as consumer:
        async with silent(silence):
            with pytest.raises(ConnectionLost):
                await consumer.receive(BATCH)
        again = await consumer.receive(1)
        assert [(one.message.message, one.count) for one in again.deliveries] == [
            (str(number), 1) for number in range(1, BATCH + 1)
        ]


async def test_a_queues_pop_without_a_reply_loses_just_what_was_popped(
    server: Standalone, silence: Silence, destination: str
) -> None:
    assert not PATTERNS["queue"].guarantee.redelivers
    options = quick(destination)
    async with loaded(server.settings, "queue", options) as load:
        await load.publish(ALL)
    async with opened(silence.settings, "queue", options) as consumer:
        async with silent(silence):
            with pytest.raises(ConnectionLost) as lost:
                await consumer.receive(BATCH)
        assert lost.value.sent
        taken = await take(consumer, ALL - BATCH)
        assert bodies(taken) == [str(number) for number in range(BATCH + 1, ALL + 1)]


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_a_loop_goes_on_after_the_silence(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with (
        loaded(server.settings, pattern, options) as load,
        consuming(silence.settings, pattern, options) as it,
    ):
        await it.is_ready()
        async with silent(silence):  # while it is blocked in an empty receive
            await it.met(ConnectionLost)
            assert not it.loop.ready
        await it.is_ready()
        await load.publish(ALL)
        await it.has(load.acknowledged)
        await eventually(lambda: it.loop.counters.reconnects >= 1, what="a counted reconnect")
        assert sorted(it.processed) == sorted(load.acknowledged)
