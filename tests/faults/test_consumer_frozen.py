"""SIGSTOP of a consumer beyond its lease, then SIGCONT."""

from __future__ import annotations

import json
import os
import signal

import pytest

from messaging import Settled
from tests.faults.parties import (
    REDELIVERING,
    bodies,
    loaded,
    opened,
    quick,
    redis_fields,
    said,
    some,
    start_worker,
    take,
)
from tests.faults.worker import Plan
from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.standalone import Standalone

LEASE = 0.5
ALL = 4


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_its_late_settle_is_stale_and_changes_nothing(
    standalone: Standalone, processes: Processes, destination: str, pattern: str
) -> None:
    settings, options = standalone.settings, quick(destination, lease=LEASE)
    plan = Plan(redis=redis_fields(settings), pattern=pattern, destination=destination, halt="handling", lease=LEASE)
    async with loaded(settings, pattern, options) as load, opened(settings, pattern, options) as other:
        await load.publish(ALL)
        sleeper = start_worker(processes, plan)
        await sleeper.line("at handling")
        sleeper.pause()
        inherited = await take(other, ALL - 1)
        last = await some(other)
        inherited += last.deliveries
        assert sorted(bodies(inherited)) == sorted(load.acknowledged)
        assert {one.count for one in inherited} == {2}

        os.kill(sleeper.pid, signal.SIGUSR1)
        sleeper.resume()

        async def settled_late() -> bool:
            assert await other.renew(last), "the late settle took it away"
            return bool(said(sleeper, "settled"))

        await eventually(settled_late, what="the late settle")
        assert await other.settle(last) == Settled(acked=1)
        sleeper.terminate()
        assert await sleeper.exit() == 0
        assert await other.backlog() == (0, 0)

    assert sorted(said(sleeper, "processed")) == sorted(load.acknowledged)  # duplicates, as promised
    assert json.loads(said(sleeper, "settled")[0]) == {"acked": 0, "retried": 0, "dead": 0, "stale": ALL}
    assert json.loads(said(sleeper, "counters")[0]) == {"processed": 0, "stale": ALL}
