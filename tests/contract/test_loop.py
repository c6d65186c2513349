"""The loop on every pattern: what is handled is settled, whatever the handler does and whenever it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from messaging import ACK, Dead, Delivery, LoopOptions, Retry, Settlement, each
from tests.support.eventually import eventually
from tests.support.loops import Gate, Notes, looping
from tests.support.messages import counts
from tests.support.promising import promising
from tests.support.scene import Scene, collect, nothing

WRONG = [ACK, ACK, ACK]


async def test_everything_published_is_handled_and_settled(scene: Scene) -> None:
    notes = Notes()
    async with looping(scene, notes) as loop:
        await scene.publish(150)
        await eventually(lambda: loop.counters.processed == 150)
    assert notes.counts == [*range(1, 151)]
    assert (loop.counters.received, loop.counters.failed, loop.counters.stale) == (150, 0, 0)
    assert await scene.remains() == {}


async def test_a_loop_is_ready_only_while_it_consumes(scene: Scene) -> None:
    seen = []
    async with looping(scene, Notes()) as loop:
        seen.append(loop.ready)
        loop.stop()
        seen.append(loop.ready)
    assert [*seen, loop.ready] == [True, False, False]


async def test_stopping_finishes_what_is_in_hand_and_settles_it(scene: Scene) -> None:
    gate = Gate()
    async with looping(scene, gate, LoopOptions(batch=2)) as loop:
        await scene.publish(5)
        await gate.reached.wait()
        loop.stop()
        gate.open.set()
    assert not gate.cut
    if scene.guarantee.fan_out:  # nobody keeps the rest for later
        assert loop.counters.processed == 5
    else:
        assert loop.counters.processed in {1, 2}
    if scene.guarantee.persistent:
        rest = await collect(await scene.consumer(), 5 - loop.counters.processed)
        assert counts(rest) == [*range(loop.counters.processed + 1, 6)]


async def test_an_idle_loop_stops_within_its_block_time(scene: Scene) -> None:
    async with looping(scene, Notes(), block=0.1) as loop:
        loop.stop()
        async with asyncio.timeout(5.0):
            await eventually(lambda: not loop.ready)


@promising(persistent=True)
async def test_aborting_cuts_the_handler_and_hands_back_what_it_had(scene: Scene) -> None:
    gate = Gate()
    async with looping(scene, gate) as loop:
        await scene.publish(3)
        await gate.reached.wait()
        loop.abort()
    assert gate.cut
    assert loop.counters.processed == 0
    come = await collect(await scene.consumer(), 3)
    assert [(one.message.count, one.count) for one in come] == [(1, 1), (2, 1), (3, 1)]


@promising(persistent=True)
async def test_aborting_settles_what_the_handler_has_done(scene: Scene) -> None:
    async def abort(deliveries: Sequence[Delivery]) -> None:
        assert deliveries
        loop.abort()

    async with looping(scene, abort) as loop:
        await scene.publish(1)
        await eventually(lambda: loop.counters.processed == 1)
    assert await scene.remains() == {}


@promising(redelivers=True)
async def test_an_exception_means_that_the_batch_is_tried_again(scene: Scene) -> None:
    notes = Notes()

    async def fail_first(deliveries: Sequence[Delivery]) -> None:
        if deliveries[0].count == 1:
            raise ValueError("not  now\nplease")
        await notes(deliveries)

    async with looping(scene, fail_first, LoopOptions(lease=0.3), lease=0.3, retry_delay=0.0) as loop:
        await scene.publish(3)
        await eventually(lambda: loop.counters.processed == 3)
    assert sorted(notes.batches) == [[1], [2], [3]]
    assert (loop.counters.failed, loop.counters.retried) == (3, 3)
    assert await scene.remains() == {}


@promising(fan_out=False)
async def test_what_always_raises_ends_among_the_dead_letters_with_its_reason(scene: Scene) -> None:
    async def fail(deliveries: Sequence[Delivery]) -> None:
        raise ValueError(f"cannot handle\n{len(deliveries)}")

    async with looping(scene, fail, LoopOptions(lease=0.3), lease=0.3, retry_delay=0.0, max_deliveries=2) as loop:
        await scene.publish(1)
        await eventually(lambda: loop.counters.dead_lettered == 1)
    (letter,) = await scene.letters()
    assert letter.error == "ValueError: cannot handle 1"
    assert letter.deliveries == (2 if scene.guarantee.redelivers else 1)


@promising(fan_out=True)
async def test_what_raises_where_nothing_is_kept_is_counted_as_dropped(scene: Scene) -> None:
    async def fail(deliveries: Sequence[Delivery]) -> None:
        raise ValueError(len(deliveries))

    async with looping(scene, fail) as loop:
        await scene.publish(3)
        await eventually(lambda: loop.counters.dropped == 3)
    assert (loop.counters.failed, loop.counters.dead_lettered, loop.counters.processed) == (3, 0, 0)


@promising(fan_out=False)
@pytest.mark.parametrize(
    ("answer", "words"),
    [(WRONG, "3 settlements for 1 messages"), ([], "0 settlements for 1 messages"), ([Retry("no")], "no")],
)
async def test_a_wrong_number_of_settlements_is_a_failure(
    scene: Scene, answer: Sequence[Settlement], words: str
) -> None:
    async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement]:
        del deliveries
        return answer

    async with looping(scene, handle, max_deliveries=1) as loop:
        await scene.publish(1)
        await eventually(lambda: loop.counters.dead_lettered == 1)
    assert words in (await scene.letters())[0].error


@promising(fan_out=False)
async def test_a_handler_that_takes_too_long_is_cut_and_its_messages_tried_again(scene: Scene) -> None:
    gate = Gate()
    async with looping(scene, gate, LoopOptions(handler_timeout=0.1), max_deliveries=1) as loop:
        await scene.publish(2)
        await eventually(lambda: loop.counters.dead_lettered == 2)
    assert gate.cut
    assert "HANDLER_TIMEOUT" in (await scene.letters())[0].error


@promising(fan_out=False)
async def test_a_handler_that_lets_a_cancellation_out_fails_like_any_other(scene: Scene) -> None:
    async def cancelled(deliveries: Sequence[Delivery]) -> None:
        del deliveries
        raise asyncio.CancelledError

    async with looping(scene, cancelled, max_deliveries=1) as loop:
        await scene.publish(1)
        await eventually(lambda: loop.counters.dead_lettered == 1)
        assert loop.ready


async def test_malformed_messages_are_told_to_the_watcher_and_the_handler_never_sees_them(scene: Scene) -> None:
    notes = Notes()
    async with looping(scene, notes) as loop:
        await scene.push(b"bad")
        await scene.publish(1)
        await eventually(lambda: loop.counters.processed == 1)
        await eventually(lambda: loop.counters.dead_lettered + loop.counters.dropped == 1)
    assert notes.counts == [1]
    assert await scene.remains() == {}


async def test_each_delivery_can_have_its_own_settlement(scene: Scene) -> None:
    @each
    async def handle(delivery: Delivery) -> Settlement | None:
        if delivery.message.count == 2:
            return Dead("the second")
        if delivery.message.count == 3:
            raise KeyError("third")
        return None

    async with looping(scene, handle, max_deliveries=1) as loop:
        await scene.publish(4)
        await eventually(lambda: loop.counters.processed == 2)
        await eventually(lambda: loop.counters.dead_lettered + loop.counters.dropped == 2)
    if not scene.guarantee.fan_out:
        assert sorted(letter.error for letter in await scene.letters()) == ["KeyError: 'third'", "the second"]


@promising(redelivers=True)
async def test_what_a_handler_works_on_longer_than_the_lease_stays_its_own(scene: Scene) -> None:
    lease, gate = 0.9, Gate()
    async with looping(scene, gate, LoopOptions(lease=lease), lease=lease) as loop:
        await scene.publish(1)
        await gate.reached.wait()
        assert await nothing(await scene.consumer(lease=lease, block=1.4 * lease))
        gate.open.set()
        await eventually(lambda: loop.counters.processed == 1)
    assert loop.counters.stale == 0
    assert await scene.remains() == {}


async def test_a_slow_handler_is_given_fewer_messages_at_once(scene: Scene) -> None:
    notes = Notes()

    async def slow(deliveries: Sequence[Delivery]) -> None:
        await notes(deliveries)
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.02 * len(deliveries))

    async with looping(scene, slow, LoopOptions(batch=10, batch_seconds=0.06)) as loop:
        await scene.publish(25)
        await eventually(lambda: loop.counters.processed == 25)
    assert max(map(len, notes.batches[3:])) <= 4
