"""The library: its publisher, and its loop with a handler that does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.workload import BATCH
from messaging import (
    PATTERNS,
    Acknowledged,
    ConsumerLoop,
    Delivery,
    LoopOptions,
    Message,
    Options,
    RedisBroker,
    RedisSettings,
)


class Ours:
    """A `Contestant`."""

    def __init__(self, settings: RedisSettings, pattern: str, destination: str) -> None:
        """Work with one pattern at one destination."""
        broker, options = RedisBroker(settings), Options(destination=destination, block=0.1, max_length=0)
        self._publisher = broker.publisher(pattern, options)
        self._consumer = broker.consumer(pattern, options)
        self._guarantee = PATTERNS[pattern].guarantee

    async def open(self) -> None:
        """Connect both sides."""
        await self._publisher.open()
        await self._consumer.open()

    async def publish(self, batches: list[list[Message]]) -> None:
        """Publish every batch, and look at each outcome."""
        for batch in batches:
            outcomes = await self._publisher.publish(batch)
            if not all(isinstance(outcome, Acknowledged) for outcome in outcomes):
                raise RuntimeError(f"not acknowledged: {outcomes[0]}")

    async def consume(self, messages: int) -> None:
        """Run the loop until the handler has seen them all."""
        left = messages

        async def count(deliveries: Sequence[Delivery]) -> None:
            nonlocal left
            left -= len(deliveries)
            if left <= 0:
                loop.stop()

        loop = ConsumerLoop(self._consumer, count, self._guarantee, LoopOptions(batch=BATCH, batch_seconds=1.0))
        await asyncio.wait_for(loop.run(), 120)

    async def aclose(self) -> None:
        """Disconnect."""
        await self._consumer.aclose()
        await self._publisher.aclose()
