"""What a receive brings, how much of it, and how long it waits."""

from __future__ import annotations

import asyncio

import pytest

from messaging import ACK
from tests.support.messages import counts
from tests.support.promising import promising
from tests.support.scene import Scene, collect, nothing, something

BODY = "x" * 1000


async def test_a_batch_holds_at_most_what_was_asked_for(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(10)
    sizes, come = [], 0
    while come < 10:
        batch = await something(consumer, limit=4)
        await consumer.settle(batch)
        sizes.append(len(batch))
        come += len(batch)
    assert (max(sizes), come) == (4, 10)


@promising(persistent=True)
async def test_what_waits_comes_in_full_batches(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(250)
    sizes = []
    for _ in range(3):
        batch = await consumer.receive(100)
        await consumer.settle(batch)
        sizes.append(len(batch))
    assert sizes == [100, 100, 50]


async def test_batches_stay_within_their_bytes_once_the_messages_size_is_known(scene: Scene) -> None:
    consumer = await scene.consumer(batch_bytes=5_000)
    await scene.publish(30, BODY)
    first = await something(consumer, limit=1)
    await consumer.settle(first)
    sizes, come = [], len(first)
    while come < 30:
        batch = await something(consumer)
        await consumer.settle(batch)
        sizes.append(len(batch))
        come += len(batch)
    assert max(sizes) == 4  # each is a little longer than its body


async def test_one_message_larger_than_batch_bytes_comes_alone(scene: Scene) -> None:
    consumer = await scene.consumer(batch_bytes=100)
    await scene.publish(3, BODY)
    await consumer.settle(await something(consumer, limit=1))
    batch = await something(consumer)
    assert counts(batch) == [2]


async def test_an_empty_receive_waits_for_its_block_time_and_returns_nothing(scene: Scene) -> None:
    consumer = await scene.consumer(block=0.15)
    clock = asyncio.get_running_loop().time
    start = clock()
    assert await nothing(consumer)
    assert await nothing(consumer)
    assert clock() - start > 0.28


async def test_a_waiting_receive_ends_when_a_message_comes(scene: Scene) -> None:
    consumer = await scene.consumer(block=30.0)
    waiting = asyncio.create_task(something(consumer))
    await scene.publish(1)
    async with asyncio.timeout(5.0):
        assert counts(await waiting) == [1]


async def test_an_exchange_settles_and_brings_the_next(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(4)
    come: list[int] = []
    batch = await something(consumer, limit=2)
    while len(come) < 4:
        come += counts(batch)
        settled, batch = await consumer.exchange(batch, [ACK] * len(batch), 2)
        assert settled.stale == 0
    assert come == [1, 2, 3, 4]


async def test_exchanging_for_nothing_more_returns_an_empty_batch(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    batch = await something(consumer)
    settled, rest = await consumer.exchange(batch, None, 10)
    assert (settled.acked, len(rest)) == (1, 0)


async def test_a_batch_tells_when_it_was_received(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    monkeypatch.setattr("messaging.patterns.decoding.time.time", lambda: 1234.5)
    assert (await something(consumer)).received_at == 1234.5


async def test_closing_twice_is_no_error(scene: Scene) -> None:
    consumer, publisher = await scene.consumer(), await scene.publisher()
    for one in (consumer, publisher):
        await one.aclose()
        await one.aclose()


async def test_a_consumer_that_was_closed_can_open_again(scene: Scene) -> None:
    consumer = await scene.consumer()
    await consumer.aclose()
    await consumer.open()
    await scene.publish(2)
    assert counts(await collect(consumer, 2)) == [1, 2]
