"""A server that is still reading its data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from lab.embedded import Options
from messaging.seam.errors import ServerLoading
from tests.faults.parties import PERSISTENT, consuming, loaded, quick
from tests.support.eventually import eventually
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone

KEYS = 400
DELAY_MICROSECONDS = 2_000
"""For each key: loading takes 0.8 s."""


@pytest.fixture
async def slow(embedded_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server that saves at its end and loads slowly."""
    options: Options = {
        "save": "3600 1",
        "key-load-delay": DELAY_MICROSECONDS,
        "loading-process-events-interval-bytes": 1024,
    }
    async with run_standalone(embedded_binary, options=options) as server:
        async with server.client() as client:
            await client.mset({f"key {number}": "x" * 100 for number in range(KEYS)})
        yield server


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_reading_and_writing_are_tried_again_until_it_has_loaded(
    slow: Standalone, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with (
        loaded(slow.settings, pattern, options) as load,
        consuming(slow.settings, pattern, options) as it,
    ):
        await load.publish(2)
        await it.has(load.acknowledged)
        restarting = asyncio.create_task(slow.server.restart())
        try:
            await it.met(ServerLoading)
            await load.publish(1)
            assert load.failed == {"3"}
        finally:
            await restarting
        await load.publish(1)
        assert load.acknowledged == {"1", "2", "4"}
        await it.has(load.acknowledged)
        await it.is_ready()
        await eventually(lambda: it.loop.counters.processed == 3, what="rest")
