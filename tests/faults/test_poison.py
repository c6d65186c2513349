"""A message that kills whoever takes it."""

from __future__ import annotations

import signal

import pytest

from tests.faults.parties import REDELIVERING, dead_letters, loaded, opened, quick, redis_fields, said, start_worker
from tests.faults.worker import POISON, Plan
from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.standalone import Standalone

LEASE = 0.4
MAX_DELIVERIES = 2


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_a_message_that_kills_its_consumer_each_time_ends_alone_in_the_dead_letters(
    standalone: Standalone, processes: Processes, destination: str, pattern: str
) -> None:
    settings, options = standalone.settings, quick(destination)
    async with loaded(settings, pattern, options) as load:
        await load.publish_bodies("1", "2", POISON, "4", "5")
    plan = Plan(
        redis=redis_fields(settings),
        pattern=pattern,
        destination=destination,
        lease=LEASE,
        max_deliveries=MAX_DELIVERIES,
    )
    workers = [start_worker(processes, plan)]

    def keep_one_alive() -> None:
        if not workers[-1].is_running():
            workers.append(start_worker(processes, plan))

    def all_others_processed() -> bool:
        keep_one_alive()
        processed = {body for worker in workers for body in said(worker, "processed")}
        return processed == load.acknowledged - {POISON}

    await eventually(all_others_processed, timeout=20, what="the processing of its batch mates")
    async with opened(settings, pattern, options) as consumer:

        async def at_rest() -> bool:
            keep_one_alive()
            return sum(count or 0 for count in await consumer.backlog()) == 0

        await eventually(at_rest, timeout=20, what="rest")
    (fields,) = await dead_letters(standalone, destination)
    assert POISON in fields[b"body"].decode()
    assert (fields[b"reason"], int(fields[b"deliveries"])) == (b"deliveries", MAX_DELIVERIES)
    workers[-1].terminate()
    assert await workers[-1].exit() == 0
    deaths = [await worker.exit() for worker in workers[:-1]]
    assert deaths == [-signal.SIGKILL] * MAX_DELIVERIES
