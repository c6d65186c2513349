"""Who owns what was received and not settled."""

from __future__ import annotations

import asyncio

from messaging import ACK, Batch, Consumer, Dead, Retry, Settled
from tests.support.messages import counts
from tests.support.promising import promising
from tests.support.scene import Scene, collect, nothing, something

SHORT = 0.3


@promising(redelivers=True)
async def test_what_a_silent_consumer_holds_goes_to_another_after_its_lease(scene: Scene) -> None:
    silent, other = await scene.consumer(lease=SHORT), await scene.consumer(lease=SHORT)
    clock = asyncio.get_running_loop().time
    await scene.publish(2)
    taken_at = clock()
    assert len(await something(silent)) == 2
    first = await something(other)
    assert clock() - taken_at > SHORT - 0.01
    assert [one.count for one in first.deliveries] == [2]
    assert other.signals.reclaimed == 1


@promising(redelivers=True)
async def test_a_settle_that_comes_too_late_changes_nothing(scene: Scene) -> None:
    silent, other = await scene.consumer(lease=SHORT), await scene.consumer(lease=30.0)
    await scene.publish(1)
    late = await something(silent)
    taken = await _taken_over(scene, late)
    for settlements in ([ACK], [Retry("late")], [Dead("late")]):
        assert await silent.settle(late, settlements) == Settled(stale=1)
    assert await scene.letters() == []
    assert await taken[0].settle(taken[1]) == Settled(acked=1)
    assert await nothing(other)
    assert await scene.remains() == {}


async def _taken_over(scene: Scene, late: Batch) -> tuple[Consumer, Batch]:
    """Let another consumer take over what is late, and hold it for long."""
    other = await scene.consumer(lease=SHORT)
    batch = await something(other)
    assert counts(batch) == counts(late)
    await other.renew(batch)
    return other, batch


@promising(redelivers=True)
async def test_a_settle_after_the_lease_still_counts_when_nobody_took_over(scene: Scene) -> None:
    slow = await scene.consumer(lease=SHORT)
    await scene.publish(2)
    batch = await something(slow)
    await _watch_pass(scene, 2 * SHORT)
    assert await slow.settle(batch) == Settled(acked=2)
    assert await scene.remains() == {}


async def _watch_pass(scene: Scene, seconds: float) -> None:
    """Let time pass: an empty poll of another destination of the same place."""
    elsewhere = Scene(scene.kind, scene.place, f"{scene.destination}_elsewhere")
    try:
        assert await nothing(await elsewhere.consumer(block=seconds))
    finally:
        await elsewhere.aclose()


@promising(redelivers=True)
async def test_nobody_takes_what_is_renewed(scene: Scene) -> None:
    lease = 0.6
    worker, other = await scene.consumer(lease=lease), await scene.consumer(lease=lease, block=1.5 * lease)
    await scene.publish(3)
    batch = await something(worker)
    waiting = asyncio.create_task(other.receive(10))
    while not (await asyncio.wait([waiting], timeout=lease / 6))[0]:
        assert await worker.renew(batch)
    assert len(waiting.result()) == 0
    assert await worker.settle(batch) == Settled(acked=3)
    assert await scene.remains() == {}


@promising(redelivers=True)
async def test_what_was_taken_over_cannot_be_renewed(scene: Scene) -> None:
    silent = await scene.consumer(lease=SHORT)
    await scene.publish(1)
    late = await something(silent)
    await _taken_over(scene, late)
    assert not await silent.renew(late)


@promising(redelivers=True)
async def test_what_was_settled_cannot_be_renewed(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    batch = await something(consumer)
    await consumer.settle(batch)
    assert not await consumer.renew(batch)
    assert await nothing(consumer)


@promising(redelivers=False)
async def test_what_is_received_for_good_needs_no_renewal(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    assert await consumer.renew(await something(consumer))


@promising(persistent=True)
async def test_what_is_handed_back_comes_to_the_next_at_once_and_was_not_delivered(scene: Scene) -> None:
    leaving = await scene.consumer()
    await scene.publish(3)
    batch = await something(leaving)
    await leaving.hand_back(batch)
    await leaving.aclose()
    come = await collect(await scene.consumer(), 3)
    assert [(one.message.count, one.count) for one in come] == [(1, 1), (2, 1), (3, 1)]
    assert await scene.remains() == {}


@promising(redelivers=True)
async def test_a_redelivery_that_is_handed_back_keeps_its_count(scene: Scene) -> None:
    leaving = await scene.consumer(retry_delay=0.0, lease=SHORT)
    await scene.publish(1)
    await leaving.settle(await something(leaving), [Retry("later")])
    again = await something(leaving)
    await leaving.hand_back(again)
    (come,) = await collect(await scene.consumer(lease=SHORT), 1)
    assert (again.deliveries[0].count, come.count) == (2, 2)


@promising(redelivers=True)
async def test_handing_back_what_was_taken_over_changes_nothing(scene: Scene) -> None:
    silent = await scene.consumer(lease=SHORT)
    await scene.publish(1)
    late = await something(silent)
    owner, batch = await _taken_over(scene, late)
    await silent.hand_back(late)
    assert await owner.settle(batch) == Settled(acked=1)
    assert await scene.remains() == {}


@promising(fan_out=True)
async def test_handing_back_what_is_not_kept_is_no_error(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    await consumer.hand_back(await something(consumer))
    assert await nothing(consumer)


@promising(resumes=True)
async def test_a_consumer_that_restarts_under_its_name_gets_at_once_what_it_held(scene: Scene) -> None:
    crashed = await scene.consumer(consumer="pod-0")
    await scene.publish(3)
    assert len(await something(crashed)) == 3
    await crashed.aclose()
    assert await nothing(await scene.consumer(consumer="pod-1"))
    come = await collect(await scene.consumer(consumer="pod-0"), 3)
    assert [(one.message.count, one.count) for one in come] == [(1, 2), (2, 2), (3, 2)]
    assert await scene.remains() == {}


@promising(redelivers=True)
async def test_what_a_consumer_held_when_it_closed_comes_to_others_after_the_lease(scene: Scene) -> None:
    crashed = await scene.consumer(lease=SHORT)
    await scene.publish(3)
    assert len(await something(crashed)) == 3
    await crashed.aclose()
    come = await collect(await scene.consumer(lease=SHORT), 3)
    assert sorted((one.message.count, one.count) for one in come) == [(1, 2), (2, 2), (3, 2)]


@promising(fan_out=False, redelivers=False)
async def test_what_an_at_most_once_consumer_held_dies_with_it(scene: Scene) -> None:
    crashed = await scene.consumer()
    await scene.publish(5)
    assert len(await something(crashed, limit=3)) == 3
    await crashed.aclose()
    assert counts(await collect(await scene.consumer(), 2)) == [4, 5]
    assert await scene.remains() == {}
