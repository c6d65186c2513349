"""Two consumers: each message goes to one of them, or to both."""

from __future__ import annotations

import asyncio

from messaging import Consumer, Delivery
from tests.support.messages import counts
from tests.support.promising import promising
from tests.support.scene import PATIENCE, Scene, collect, something

TOTAL = 120


@promising(fan_out=True)
async def test_every_subscriber_receives_everything(scene: Scene) -> None:
    first, second = await scene.consumer(), await scene.consumer()
    await scene.publish(TOTAL)
    assert counts(await collect(first, TOTAL)) == counts(await collect(second, TOTAL)) == [*range(1, TOTAL + 1)]


@promising(fan_out=False)
async def test_two_consumers_share_and_each_message_goes_to_one(scene: Scene) -> None:
    first, second = await scene.consumer(), await scene.consumer()
    await scene.publish(TOTAL)
    shares = await _share([first, second], TOTAL)
    assert sorted(counts(shares[0]) + counts(shares[1])) == [*range(1, TOTAL + 1)]
    assert all(shares)


@promising(fan_out=False)
async def test_each_consumer_sees_what_it_gets_in_order(scene: Scene) -> None:
    consumers = [await scene.consumer() for _ in range(3)]
    await scene.publish(TOTAL)
    for share in await _share(consumers, TOTAL):
        assert counts(share) == sorted(counts(share))


@promising(fan_out=False)
async def test_a_message_wakes_one_of_two_that_wait(scene: Scene) -> None:
    first, second = await scene.consumer(block=1.5), await scene.consumer(block=1.5)
    waiting = asyncio.gather(first.receive(10), second.receive(10))
    await scene.publish(1)
    assert sorted(counts(batch) for batch in await waiting) == [[], [1]]


@promising(redelivers=True)
async def test_what_is_due_goes_to_one_of_two_that_take_it_at_once(scene: Scene) -> None:
    lease = 0.8
    await scene.publish(30)
    assert len(await something(await scene.consumer(lease=lease))) == 30
    first, second = await scene.consumer(lease=lease), await scene.consumer(lease=lease)
    shares = await _share([first, second], 30, limit=10)
    assert sorted(counts(shares[0]) + counts(shares[1])) == [*range(1, 31)]
    assert {delivery.count for share in shares for delivery in share} == {2}
    assert first.signals.reclaimed + second.signals.reclaimed == 30
    assert await scene.remains() == {}


async def _share(consumers: list[Consumer], total: int, limit: int = 10) -> list[list[Delivery]]:
    """Let all receive at once, again and again, until so many messages have come."""
    shares: list[list[Delivery]] = [[] for _ in consumers]
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, shares)) < total:
            batches = await asyncio.gather(*(consumer.receive(limit) for consumer in consumers))
            for consumer, share, batch in zip(consumers, shares, batches, strict=True):
                share.extend(batch.deliveries)
                if len(batch):
                    assert (await consumer.settle(batch)).stale == 0
    return shares
