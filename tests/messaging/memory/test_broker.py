"""The broker in memory: what it offers beside the seam; the contract suite runs on it too."""

from __future__ import annotations

import pytest

from messaging import Dead, Options, Retry
from messaging.memory import DeadLetter, MemoryBroker
from tests.support.messages import counts, written

OPTIONS = Options(destination="orders", block=0.01)


async def test_dead_letters_can_be_looked_at() -> None:
    broker = MemoryBroker()
    publisher, consumer = broker.publisher("queue", OPTIONS), broker.consumer("queue", OPTIONS)
    await publisher.publish(written(2))
    await consumer.settle(await consumer.receive(10), [Dead("bad"), Retry("later")])
    letters = broker.dead_letters("orders")
    assert [(type(one), one.reason, one.error, one.deliveries) for one in letters] == [
        (DeadLetter, "rejected", "bad", 1),
        (DeadLetter, "failed", "later", 1),
    ]


async def test_a_destination_that_nobody_used_has_none() -> None:
    with pytest.raises(KeyError):
        MemoryBroker().dead_letters("orders")


async def test_raw_bytes_can_be_pushed() -> None:
    broker = MemoryBroker()
    broker.push("queue", "orders", b"bad")
    batch = await broker.consumer("queue", OPTIONS).receive(10)
    assert [one.body for one in batch.malformed] == [b"bad"]


async def test_brokers_share_nothing() -> None:
    first, second = MemoryBroker(), MemoryBroker()
    await first.publisher("queue", OPTIONS).publish(written(1))
    assert len(await second.consumer("queue", OPTIONS).receive(10)) == 0


async def test_without_options_a_pattern_has_its_own_destination() -> None:
    broker = MemoryBroker()
    await broker.publisher("queue").publish(written(1))
    await broker.publisher("stream").publish(written(2))
    assert counts(await broker.consumer("queue").receive(10)) == [1]
    assert counts(await broker.consumer("stream").receive(10)) == [1, 2]


async def test_what_is_received_is_what_was_published_and_no_copy_can_change_it() -> None:
    broker = MemoryBroker()
    (message,) = written(1)
    await broker.publisher("queue", OPTIONS).publish([message])
    (delivery,) = (await broker.consumer("queue", OPTIONS).receive(10)).deliveries
    assert delivery.message == message
    assert delivery.message is not message
