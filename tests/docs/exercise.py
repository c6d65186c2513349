"""Everything that each role of a pattern may ask of the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from messaging import ACK, PATTERNS, Acknowledged, Dead, Failed, Life, Message, Options, Retry
from messaging.seam import keys
from messaging.seam.errors import BacklogFull
from messaging.telemetry.backlog import Ages
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from messaging import Batch, Consumer, Publisher, RedisBroker
    from tests.support.node import Node

OPTIONS = Options(consumer="one", block=0.05, lease=0.15, retry_delay=0.0, max_deliveries=2)
_LIFE = Life()


def message(count: int = 1) -> Message:
    """Make a message."""
    return Message(_LIFE.id_of(count), datetime.now(UTC), "Hello", "exercise", count)


async def publish(broker: RedisBroker, pattern: str) -> None:
    """Do all that a publisher does; raises what the server refuses."""
    publisher = broker.publisher(pattern, replace(OPTIONS, max_length=2))
    try:
        await publisher.open()
        await send(publisher, 2)
        await publisher.backlog()
        if PATTERNS[pattern].guarantee.persistent:
            try:
                await send(publisher)
            except BacklogFull:
                return
            raise AssertionError("MAX_LENGTH did not hold")
    finally:
        await publisher.aclose()


async def send(publisher: Publisher, count: int = 1) -> None:
    """Publish so many messages; raises what kept the first one that was not stored."""
    for outcome in await publisher.publish([message(number) for number in range(1, count + 1)]):
        if isinstance(outcome, Failed):
            raise outcome.error
        assert isinstance(outcome, Acknowledged)


async def subscribe(broker: RedisBroker, pattern: str, publisher: Publisher) -> None:
    """Do all that a pub/sub subscriber does, also ask a silent server for a sign of life."""
    consumer = broker.consumer(pattern, OPTIONS)
    try:
        await consumer.open()
        await send(publisher)
        await consumer.settle(await _one(consumer))
        for _ in range(16):
            assert not len(await consumer.receive(1))
        await consumer.leave()
        assert not len(await consumer.receive(1))
    finally:
        await consumer.aclose()


async def consume(broker: RedisBroker, pattern: str, publisher: Publisher, node: Node) -> None:
    """Do all that a consumer of a list or a stream does, in its good days and its bad ones."""
    consumer = broker.consumer(pattern, OPTIONS)
    try:
        await consumer.open()
        await consumer.receive(1)
        await send(publisher, 2)
        await consumer.settle(await _some(consumer, 2))
        await _settle_each_way(consumer, publisher)
        await send(publisher)
        await consumer.hand_back(await _one(consumer))
        batch = await _one(consumer)
        await consumer.renew(batch)
        await node.execute("SCRIPT", "FLUSH")
        await consumer.exchange(batch, [Dead("no")], 1)
        await consumer.settle(batch, [Dead("no")])  # again, as when the reply was lost
        await consumer.backlog()
        if isinstance(consumer, Ages):
            await consumer.oldest()
    finally:
        await consumer.aclose()
    if PATTERNS[pattern].guarantee.redelivers:
        await _take_over(broker, pattern, publisher)
    if PATTERNS[pattern].guarantee.resumes:
        await _settle_around_a_pending_one(broker, pattern, publisher)
        await _find_trimmed(broker, pattern, publisher, node)


async def _settle_each_way(consumer: Consumer, publisher: Publisher) -> None:
    for settlement in (ACK, Dead("no"), Retry("again")):
        await send(publisher)
        settled = await consumer.settle(await _one(consumer), [settlement])
        if settled.retried:
            assert (await consumer.settle(await _one(consumer), [settlement])).dead == 1


async def _take_over(broker: RedisBroker, pattern: str, publisher: Publisher) -> None:
    """What one consumer leaves unsettled another one takes; after too many deliveries nobody does."""
    one = broker.consumer(pattern, OPTIONS)
    other = broker.consumer(pattern, replace(OPTIONS, consumer="other"))
    try:
        await one.open()
        await other.open()
        await send(publisher)
        await _one(one)
        assert (await _one(other)).deliveries[0].count == OPTIONS.max_deliveries
        await eventually(lambda: _buried(one), what="a dead letter")
    finally:
        await one.aclose()
        await other.aclose()


async def _buried(consumer: Consumer) -> int:
    await consumer.receive(1)
    return consumer.signals.dead_on_claim


async def _settle_around_a_pending_one(broker: RedisBroker, pattern: str, publisher: Publisher) -> None:
    """What is settled behind a pending entry is deleted there: the last one delivered when the next is settled."""
    consumer = broker.consumer(pattern, replace(OPTIONS, lease=30.0))
    try:
        await consumer.open()
        await send(publisher, 3)
        held = await _one(consumer)
        for _ in range(2):
            await consumer.settle(await _one(consumer))
        await consumer.settle(held)
    finally:
        await consumer.aclose()


async def _find_trimmed(broker: RedisBroker, pattern: str, publisher: Publisher, node: Node) -> None:
    """A consumer that comes back finds that what was pending was deleted, and leaves nothing behind."""
    first, again = broker.consumer(pattern, OPTIONS), broker.consumer(pattern, OPTIONS)
    try:
        await first.open()
        await send(publisher)
        await node.execute("XDEL", keys.STREAM, (await _one(first)).deliveries[0].receipt)
        await again.open()
        await again.receive(1)
        assert again.signals.trimmed == 1
    finally:
        await first.aclose()
        await again.aclose()
    assert await node.execute("XINFO CONSUMERS", keys.STREAM, keys.GROUP) == []


async def _one(consumer: Consumer) -> Batch:
    return await _some(consumer, 1)


async def _some(consumer: Consumer, limit: int) -> Batch:
    return await eventually(lambda: consumer.receive(limit), what="a message")
