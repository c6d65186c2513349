"""The death of a primary that Sentinels watch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from messaging import PATTERNS, RedisSettings
from tests.faults.parties import (
    FAN_OUT,
    PERSISTENT,
    REDELIVERING,
    Consuming,
    Load,
    bodies,
    consuming,
    loaded,
    opened,
    quick,
    take,
)
from tests.support.sentinel import SentinelTopology, run_sentinel
from tests.support.servers import ServerBinary

SOME = 50


@pytest.fixture
async def watched(embedded_binary: ServerBinary) -> AsyncIterator[SentinelTopology]:
    """Give a primary of one's own, its replica and its Sentinels."""
    async with run_sentinel(embedded_binary, down_after=1.0) as topology:
        yield topology


async def test_everybody_follows_and_nothing_that_was_replicated_is_lost(watched: SentinelTopology) -> None:
    settings = watched.settings.model_copy(update={"timeout": 1.0, "connect_timeout": 1.0})
    async with AsyncExitStack() as stack:
        loads, consumers = await _parties(stack, settings)
        for load in loads.values():
            await load.publish(SOME)
            assert len(load.acknowledged) == SOME, "the replica has it"
        await watched.failover()
        for name, load in loads.items():
            # There is no replica any more: what waits for one is stored and not known to be safe.
            await load.publish(SOME)
            assert len(load.acknowledged | load.unknown) == (2 * SOME), name
        for name in REDELIVERING:
            await consumers[name].has(loads[name].acknowledged | loads[name].unknown)
        for name in FAN_OUT:
            await consumers[name].is_ready()
            await loads[name].publish(SOME)
            await consumers[name].has({str(2 * SOME + 1), str(3 * SOME)})
        for it in consumers.values():
            await it.is_ready()
        async with opened(settings, "queue", quick("")) as consumer:
            taken = bodies(await take(consumer, 2 * SOME))
        assert set(taken) == loads["queue"].acknowledged | loads["queue"].unknown


async def _parties(stack: AsyncExitStack, settings: RedisSettings) -> tuple[dict[str, Load], dict[str, Consuming]]:
    loads, consumers = {}, {}
    for name in PATTERNS:
        replicas = 1 if name in PERSISTENT else 0
        options = quick("", wait_replicas=replicas, wait_timeout=1.0, lease=1.0)
        loads[name] = await stack.enter_async_context(loaded(settings, name, options))
        if name in REDELIVERING or name in FAN_OUT:
            consumers[name] = await stack.enter_async_context(consuming(settings, name, options))
            await consumers[name].is_ready()
    return loads, consumers
