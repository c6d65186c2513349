"""One pattern at a real server, with a traced publisher and a traced consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from messaging import (
    ACK,
    PATTERNS,
    Batch,
    Consumer,
    Delivery,
    Handler,
    Message,
    Options,
    Outcome,
    Publisher,
    RedisBroker,
    RedisSettings,
    Settled,
)
from messaging.telemetry import names
from messaging.telemetry.tracing import TracedConsumer, Tracing
from tests.support.messages import Author
from tests.telemetry.recorder import SERVER, Recorder

PATIENCE = 10.0


async def fine(deliveries: Sequence[Delivery]) -> None:
    """Handle everything, with nothing to do."""


class Stage:
    """Opens what takes part, and closes it in the end.

    Attributes:
        recorder: keeps the spans.
        author: writes the messages.
    """

    def __init__(self, settings: RedisSettings, pattern: str, destination: str, recorder: Recorder) -> None:
        """Play one pattern on a destination of its own."""
        self.recorder, self.author = recorder, Author()
        self._broker, self._pattern, self._destination = RedisBroker(settings), pattern, destination
        self.guarantee = PATTERNS[pattern].guarantee
        self._opened: list[Publisher | Consumer] = []

    def options(self, **changes: Any) -> Options:  # noqa: ANN401 - the fields of Options
        """Return options with short waits and known names."""
        usual: dict[str, Any] = {"destination": self._destination, "block": 0.1, "retry_delay": 0.05, "consumer": "me"}
        return Options(**usual | changes)

    async def publisher(self, tracing: Tracing | None = None, **changes: Any) -> Publisher:  # noqa: ANN401
        """Return an open, traced publisher."""
        options = self.options(**changes)
        inner = self._broker.publisher(self._pattern, options)
        publisher = (tracing or self.recorder.tracing).publisher(inner, self._pattern, options)
        self._opened.append(publisher)
        await publisher.open()
        return publisher

    async def plain_publisher(self) -> Publisher:
        """Return an open publisher that knows nothing of traces."""
        publisher = self._broker.publisher(self._pattern, self.options())
        self._opened.append(publisher)
        await publisher.open()
        return publisher

    async def consumer(self, tracing: Tracing | None = None, **changes: Any) -> TracedConsumer:  # noqa: ANN401
        """Return an open, traced consumer."""
        options = self.options(**changes)
        inner = self._broker.consumer(self._pattern, options)
        consumer = (tracing or self.recorder.tracing).consumer(inner, self._pattern, options)
        self._opened.append(consumer)
        await consumer.open()
        return consumer

    async def plain_consumer(self) -> Consumer:
        """Return an open consumer that knows nothing of traces."""
        consumer = self._broker.consumer(self._pattern, self.options(consumer="plain"))
        self._opened.append(consumer)
        await consumer.open()
        return consumer

    async def publish(self, number: int) -> list[Outcome]:
        """Publish so many messages by a publisher of their own."""
        return await (await self.publisher()).publish(self.author.write(number))

    async def aclose(self) -> None:
        """Close everything."""
        for one in self._opened:
            await one.aclose()

    def facts(self, operation: str, message: Message | None = None, **more: object) -> dict[str, object]:
        """Return the attributes that a span must have, no more and no less."""
        facts: dict[str, object] = {
            names.SYSTEM: "redis",
            names.PATTERN: self._pattern,
            names.DESTINATION: self._destination,
            names.CLIENT_ID: "me",
            names.SERVER_ADDRESS: SERVER.address,
            names.SERVER_PORT: SERVER.port,
            names.OPERATION: operation,
            names.OPERATION_TYPE: operation,
        }
        if message is not None:
            facts[names.MESSAGE_ID] = message.id
        if operation in {"receive", "process", "settle"} and self.guarantee.resumes:
            facts[names.GROUP] = "subscribers"
        return facts | {f"messaging.{name.replace('__', '.')}": value for name, value in more.items()}


async def arrival(consumer: Consumer, limit: int = 1000) -> Batch:
    """Receive until something comes."""
    async with asyncio.timeout(PATIENCE):
        while not len(batch := await consumer.receive(limit)):
            pass
        return batch


async def consume(consumer: TracedConsumer, number: int, handler: Handler = fine) -> list[Settled]:
    """Receive, handle and settle until so many messages have come."""
    handle, settled = consumer.handler(handler), []
    while number > 0:
        batch = await arrival(consumer)
        number -= len(batch)
        answers = await handle(batch.deliveries) if batch.deliveries else []
        settled.append(await consumer.settle(batch, answers or [ACK] * len(batch.deliveries)))
    return settled
