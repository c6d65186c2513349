"""SIGTERM of a consumer under load."""

from __future__ import annotations

import asyncio

import pytest

from messaging import PATTERNS
from tests.faults.parties import bodies, loaded, opened, quick, redis_fields, said, start_worker, take
from tests.faults.worker import Plan
from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.standalone import Standalone

SOME = 200


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_consumer_ends_cleanly_and_leaves_nothing_in_hand(
    standalone: Standalone, processes: Processes, destination: str, pattern: str
) -> None:
    settings, options, enough = standalone.settings, quick(destination), asyncio.Event()
    worker = start_worker(
        processes, Plan(redis=redis_fields(settings), pattern=pattern, destination=destination, batch=10)
    )
    await worker.line("ready")
    async with loaded(settings, pattern, options) as load, asyncio.TaskGroup() as group:
        group.create_task(load.keep_publishing(20, enough))
        await eventually(lambda: len(worker.lines) >= SOME, what="the flow")
        worker.terminate()
        status = await worker.exit()
        enough.set()
    assert status == 0, worker
    processed = said(worker, "processed")
    if PATTERNS[pattern].guarantee.fan_out:
        assert processed == [str(number) for number in range(1, len(processed) + 1)]
        return
    async with opened(settings, pattern, options) as heir:
        # The lease is long: what the worker had in hand would not come.
        rest = bodies(await take(heir, len(load.acknowledged) - len(processed)))
        assert sorted(processed + rest) == sorted(load.acknowledged)
        assert sum(count or 0 for count in await heir.backlog()) == 0
