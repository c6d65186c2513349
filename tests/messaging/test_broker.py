"""A block that opens and closes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from messaging import PATTERNS, Acknowledged, Life, Message, Options, RedisBroker, RedisSettings, opened
from messaging.memory import MemoryBroker
from messaging.seam.errors import ConnectionLost

NOBODY = RedisSettings(host="127.0.0.1", port=1, connect_timeout=0.5)


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_consumer_is_subscribed_within_the_block_and_gone_after_it(pattern: str) -> None:
    broker = MemoryBroker()
    options = Options(destination="d", block=0.05)
    message = Message(Life().id_of(1), datetime.now(UTC), "hello", "me", 1)
    async with opened(broker.publisher(pattern, options)) as publisher:
        async with opened(broker.consumer(pattern, options)) as consumer:
            await publisher.publish([message])
            batch = await consumer.receive(1)
            assert [delivery.message for delivery in batch.deliveries] == [message]
            await consumer.settle(batch)
        (outcome,) = await publisher.publish([message])
        assert isinstance(outcome, Acknowledged)
        if PATTERNS[pattern].guarantee.fan_out:
            assert outcome.value == 0


async def test_what_cannot_be_opened_says_so_and_is_closed() -> None:
    publisher = RedisBroker(NOBODY).publisher("queue")
    with pytest.raises(ConnectionLost):
        async with opened(publisher):
            pytest.fail("nobody listens on port 1")
