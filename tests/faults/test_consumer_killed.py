"""SIGKILL of a consumer, at every point between the claim and the settle."""

from __future__ import annotations

import pytest

from messaging import PATTERNS
from tests.faults.parties import (
    PERSISTENT,
    bodies,
    loaded,
    opened,
    quick,
    redis_fields,
    said,
    start_worker,
    take,
)
from tests.faults.worker import Plan
from tests.support.processes import Processes
from tests.support.standalone import Standalone

LEASE = 0.4
BATCH, ALL = 4, 10


@pytest.mark.parametrize("point", ["received", "handling", "handled", "settled"])
@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_what_a_killed_consumer_had_in_hand(
    standalone: Standalone, processes: Processes, destination: str, pattern: str, point: str
) -> None:
    settings, options = standalone.settings, quick(destination, lease=LEASE)
    async with loaded(settings, pattern, options) as load:
        await load.publish(ALL)
    fields = redis_fields(settings)
    plan = Plan(redis=fields, pattern=pattern, destination=destination, halt=point, batch=BATCH, lease=LEASE)
    victim = start_worker(processes, plan)
    await victim.line(f"at {point}")
    victim.kill()
    await victim.exit()
    took, processed = said(victim, "took"), said(victim, "processed")

    settled = took[:BATCH] if point == "settled" else []
    async with opened(settings, pattern, options) as heir:
        if PATTERNS[pattern].guarantee.redelivers:
            inherited = await take(heir, ALL - len(settled))
            assert sorted(bodies(inherited)) == sorted(load.acknowledged - set(settled))
            assert {one.message.message for one in inherited if one.count > 1} == set(took) - set(settled)
        else:
            inherited = await take(heir, ALL - len(took))
            lost = load.acknowledged - set(bodies(inherited)) - set(processed)
            assert lost == set(took) - set(processed)
        assert not len(await heir.receive(ALL))
        assert sum(count or 0 for count in await heir.backlog()) == 0
