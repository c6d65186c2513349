"""Two consumers that take what is due at once."""

from __future__ import annotations

import asyncio

import pytest

from messaging import Consumer, Delivery
from tests.faults.parties import REDELIVERING, bodies, loaded, opened, quick, turn
from tests.support.standalone import Standalone

ALL, BATCH = 60, 20
LEASE = 1.0


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_each_message_goes_to_one_of_them(standalone: Standalone, destination: str, pattern: str) -> None:
    settings = standalone.settings
    dead, alive = quick(destination, lease=LEASE), quick(destination, lease=LEASE, block=0.05)
    async with loaded(settings, pattern, dead) as load, opened(settings, pattern, dead) as forgetful:
        await load.publish(ALL)
        for _ in range(ALL // BATCH):
            assert len(await forgetful.receive(BATCH)) == BATCH
        async with opened(settings, pattern, alive) as one, opened(settings, pattern, alive) as two:
            left: set[str] = set(load.acknowledged)
            taken = await asyncio.gather(_take_until_none_is_left(one, left), _take_until_none_is_left(two, left))
            assert all(taken), "both had a part"
            deliveries = [*taken[0], *taken[1]]
            assert sorted(map(int, bodies(deliveries))) == list(range(1, ALL + 1))
            assert {delivery.count for delivery in deliveries} == {2}
            assert await one.backlog() == (0, 0)


async def _take_until_none_is_left(consumer: Consumer, left: set[str]) -> list[Delivery]:
    taken: list[Delivery] = []
    while left:
        taken += (some := await take_one(consumer))
        left.difference_update(bodies(some))
        await turn()
    return taken


async def take_one(consumer: Consumer) -> list[Delivery]:
    """Receive and acknowledge what there is."""
    batch = await consumer.receive(BATCH)
    if len(batch):
        await consumer.settle(batch)
    return batch.deliveries
