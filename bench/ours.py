"""The library: its publisher, and its loop with a handler that does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bench.workload import BATCH
from messaging import (
    PATTERNS,
    Acknowledged,
    Consumer,
    ConsumerLoop,
    Delivery,
    Handler,
    LoopOptions,
    Message,
    Options,
    Publisher,
    RedisBroker,
    RedisSettings,
)
from messaging.ledger import LedgerConsumer, LedgerPublisher, LedgerWriter, recorded
from messaging.telemetry.tracing import Tracing


class Ours:
    """A `Contestant`."""

    def __init__(
        self,
        settings: RedisSettings,
        pattern: str,
        destination: str,
        tracing: Tracing | None = None,
        ledger: LedgerWriter | None = None,
    ) -> None:
        """Work with one pattern at one destination, traced or on record where `tracing` or `ledger` is given."""
        broker, options = RedisBroker(settings), Options(destination=destination, block=0.1, max_length=0)
        self._publisher: Publisher = broker.publisher(pattern, options)
        self._consumer: Consumer = broker.consumer(pattern, options)
        self._guarantee = PATTERNS[pattern].guarantee
        self._wrap: Callable[[Handler], Handler] = lambda handler: handler
        if tracing is not None:
            traced = tracing.consumer(self._consumer, pattern, options)
            self._publisher = tracing.publisher(self._publisher, pattern, options)
            self._consumer, self._wrap = traced, traced.handler
        if ledger is not None:
            self._publisher = LedgerPublisher(self._publisher, ledger, pattern, destination)
            self._wrap = lambda handler: recorded(handler, ledger, pattern, destination)
            if self._guarantee.fan_out:
                self._consumer = LedgerConsumer(self._consumer, ledger, pattern, destination)

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

        options = LoopOptions(batch=BATCH, batch_seconds=1.0)
        loop = ConsumerLoop(self._consumer, self._wrap(count), self._guarantee, options)
        await asyncio.wait_for(loop.run(), 120)

    async def aclose(self) -> None:
        """Disconnect."""
        await self._consumer.aclose()
        await self._publisher.aclose()
