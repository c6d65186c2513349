"""The restart of a server that keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from messaging import PATTERNS, Delivery
from tests.faults.parties import PERSISTENT, bodies, consuming, loaded, quick
from tests.support.eventually import eventually
from tests.support.standalone import Standalone


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_consumers_and_publishers_go_on(server: Standalone, destination: str, pattern: str) -> None:
    options = quick(destination)
    async with (
        loaded(server.settings, pattern, options) as load,
        consuming(server.settings, pattern, options) as it,
    ):
        await load.publish(5)
        await it.has(load.acknowledged)
        server.server.kill()
        await server.server.restart()
        await load.publish(5)  # perhaps before the consumer is back
        await it.has(load.acknowledged)
        await it.is_ready()
        assert it.processed == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_what_was_in_hand_is_stale_where_it_is_settled(
    server: Standalone, destination: str, pattern: str
) -> None:
    options = quick(destination)
    go_on = asyncio.Event()

    async def wait(deliveries: Sequence[Delivery]) -> None:
        if "1" in bodies(deliveries):
            await go_on.wait()

    async with (
        loaded(server.settings, pattern, options) as load,
        consuming(server.settings, pattern, options, wait) as it,
    ):
        await load.publish(3)
        await it.has({"1", "2", "3"})
        server.server.kill()
        await server.server.restart()
        go_on.set()
        await load.publish(1)
        await it.has({"4"})
        await eventually(lambda: it.loop.counters.processed + it.loop.counters.stale == 4, what="rest")
        stale = 3 if PATTERNS[pattern].guarantee.redelivers else 0
        assert it.loop.counters.stale == stale
