"""Bytes that are no message never stop a consumer."""

from __future__ import annotations

import asyncio

from messaging import Consumer, Malformed, Settled
from tests.support.promising import promising
from tests.support.scene import PATIENCE, Scene, collect, nothing, something
from tests.support.vectors import invalid_messages

VECTORS = invalid_messages()
LIMIT = 2_000


async def test_every_malformed_message_is_told_from_the_good_ones_around_it(scene: Scene) -> None:
    consumer = await scene.consumer(message_bytes=LIMIT)
    await scene.publish(1)
    await scene.push(*(vector.body for vector in VECTORS))
    await scene.publish(1)
    good, bad = await _everything(consumer, len(VECTORS) + 2)
    assert good == [1, 2]
    assert [(one.body, one.error.field) for one in bad] == [(one.body, one.field) for one in VECTORS]
    assert {(one.destination, one.count) for one in bad} == {(scene.destination, 1)}
    assert await nothing(consumer)
    assert await scene.remains() == {}


@promising(fan_out=False)
async def test_malformed_messages_become_dead_letters_byte_for_byte(scene: Scene) -> None:
    consumer = await scene.consumer(message_bytes=LIMIT)
    await scene.push(*(vector.body for vector in VECTORS))
    await _everything(consumer, len(VECTORS))
    letters = await scene.letters()
    assert [letter.body for letter in letters] == [vector.body for vector in VECTORS]
    assert {(letter.reason, letter.deliveries) for letter in letters} == {("malformed", 1)}
    assert all(vector.field in letter.error for vector, letter in zip(VECTORS, letters, strict=True))


@promising(fan_out=True)
async def test_malformed_messages_are_counted_where_nothing_is_kept(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.push(b"not JSON")
    assert await consumer.settle(await something(consumer)) == Settled(dead=1)


async def test_a_message_larger_than_message_bytes_is_malformed(scene: Scene) -> None:
    consumer = await scene.consumer(message_bytes=LIMIT)
    await scene.publish(1, "x" * LIMIT)
    await scene.publish(1)
    batch = await something(consumer, limit=1)
    (large,) = batch.malformed
    assert f"{LIMIT}" in str(large.error)
    await consumer.settle(batch)
    assert [one.message.count for one in await collect(consumer, 1)] == [2]


async def test_a_renewal_and_a_hand_back_reach_malformed_messages_too(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.push(b"{}")
    batch = await something(consumer)
    assert await consumer.renew(batch)
    await consumer.hand_back(batch)
    if scene.guarantee.persistent:
        again = await something(await scene.consumer())
        assert [one.body for one in again.malformed] == [b"{}"]


async def _everything(consumer: Consumer, number: int) -> tuple[list[int], list[Malformed]]:
    """Receive and settle so many messages, good ones and bad ones."""
    good: list[int] = []
    bad: list[Malformed] = []
    async with asyncio.timeout(PATIENCE):
        while len(good) + len(bad) < number:
            batch = await consumer.receive(100)
            good += [one.message.count for one in batch.deliveries]
            bad += batch.malformed
            if len(batch):
                settled = await consumer.settle(batch)
                assert settled == Settled(acked=len(batch.deliveries), dead=len(batch.malformed))
    return good, bad
