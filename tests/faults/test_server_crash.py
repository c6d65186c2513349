"""SIGKILL of a server whose append-only file is synced with each write, and its start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.faults.parties import FAN_OUT, PERSISTENT, REDELIVERING, bodies, consuming, loaded, opened, quick, take
from tests.support.eventually import eventually
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone

SOME = 100


@pytest.fixture
async def durable(server_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server that forgets nothing which it has acknowledged."""
    options = {"appendonly": "yes", "appendfsync": "always"}
    async with run_standalone(server_binary, options=options) as server:
        yield server


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_under_load_nothing_acknowledged_is_lost(durable: Standalone, destination: str, pattern: str) -> None:
    options, enough = quick(destination, lease=1.0), asyncio.Event()
    async with (
        loaded(durable.settings, pattern, options) as load,
        consuming(durable.settings, pattern, options) as it,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(load.keep_publishing(10, enough))
        await eventually(lambda: len(it.processed) >= SOME, what="the flow")
        durable.server.kill()
        await durable.server.restart()
        before = len(load.acknowledged)
        await eventually(lambda: len(load.acknowledged) >= before + SOME, what="the publisher's return")
        enough.set()
        await it.has(load.acknowledged)
        await it.is_ready()
        attempted = load.acknowledged | load.unknown | load.failed
        assert set(it.processed) <= attempted - load.failed
        await eventually(lambda: it.loop.counters.reconnects >= 1, what="a counted reconnect")


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_what_waits_is_still_there(durable: Standalone, destination: str, pattern: str) -> None:
    options = quick(destination)
    async with loaded(durable.settings, pattern, options) as load:
        await load.publish(SOME)
        durable.server.kill()
        await durable.server.restart()
        await load.publish(SOME)  # it connects again by itself
        assert len(load.acknowledged) == 2 * SOME
        async with opened(durable.settings, pattern, options) as consumer:
            taken = bodies(await take(consumer, 2 * SOME))
        assert taken == [str(number) for number in range(1, 2 * SOME + 1)]


@pytest.mark.parametrize("pattern", FAN_OUT)
async def test_subscribers_subscribe_again(durable: Standalone, destination: str, pattern: str) -> None:
    options = quick(destination)
    async with (
        loaded(durable.settings, pattern, options) as load,
        consuming(durable.settings, pattern, options) as it,
    ):
        await it.is_ready()
        await load.publish(2)
        await it.has({"1", "2"})
        durable.server.kill()
        await eventually(lambda: not it.loop.ready, what="the notice of the loss")
        await load.publish(1)
        assert load.failed == {"3"}
        await durable.server.restart()
        await it.is_ready()
        await load.publish(1)
        await it.has({"4"})
        await eventually(lambda: it.loop.counters.reconnects == 1, what="a counted reconnect")
        assert it.loop.counters.gap_messages == 1
        assert it.processed == ["1", "2", "4"]
