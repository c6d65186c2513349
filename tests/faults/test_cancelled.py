"""The cancellation of a running loop, at each of its awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from messaging import Delivery, RedisSettings
from tests.faults.parties import PERSISTENT, bodies, consumer_loop, loaded, opened, quick, take, turn
from tests.faults.stepping import stepping
from tests.support.standalone import Standalone

RUN = "ConsumerLoop._run"
ALL, BATCH = 8, 3
BLOCK = 0.02


async def _suspend(_: Sequence[Delivery]) -> None:
    await turn()


async def _cancelled_at(step: int, settings: RedisSettings, pattern: str, destination: str) -> int:
    """Cancel a loop at this step, and return how many messages its handler had had."""
    options = quick(destination, block=BLOCK)
    async with loaded(settings, pattern, options) as load:
        await load.publish(ALL)
    it = consumer_loop(settings, pattern, options, _suspend, batch=BATCH)

    def strike(number: int) -> None:
        # Once more at the next step: whoever is impatient cancels twice.
        if number in {step, step + 1}:
            running.cancel()

    with stepping(RUN, strike):
        running = asyncio.create_task(it.loop.run())
        with pytest.raises(asyncio.CancelledError):
            await running
    assert asyncio.all_tasks() == {asyncio.current_task()}, "it raised before it had ended"
    async with opened(settings, pattern, options) as heir:
        waiting, in_flight = await heir.backlog()
        assert (waiting, in_flight or 0) == (ALL - len(it.processed), 0)
        rest = bodies(await take(heir, ALL - len(it.processed))) if waiting else []
        assert sorted(it.processed + rest) == sorted(load.acknowledged)
        assert it.loop.counters.processed == len(it.processed)
    return len(it.processed)


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_every_message_is_processed_or_waits(standalone: Standalone, destination: str, pattern: str) -> None:
    step, processed = 0, 0
    seen = set()
    while processed < ALL:
        step += 1
        processed = await _cancelled_at(step, standalone.settings, pattern, f"{destination}_{step}")
        seen.add(processed)
    for idle in range(step + 1, step + 6):
        assert await _cancelled_at(idle, standalone.settings, pattern, f"{destination}_{idle}") == ALL
    assert {0, BATCH, ALL} <= seen
