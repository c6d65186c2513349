"""Those who take part in a fault: a publisher that keeps count, consumers here and in processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from messaging import (
    PATTERNS,
    Acknowledged,
    Batch,
    Consumer,
    ConsumerLoop,
    Delivery,
    Failed,
    Handler,
    Life,
    LoopOptions,
    Message,
    MessagingError,
    Options,
    Outcome,
    Publisher,
    RedisBroker,
    RedisSettings,
    Unknown,
    Watcher,
)
from messaging.seam import keys
from tests.faults.worker import Plan
from tests.support.eventually import eventually
from tests.support.processes import Process, Processes
from tests.support.standalone import Standalone

REDELIVERING = [name for name, kind in PATTERNS.items() if kind.guarantee.redelivers]
PERSISTENT = [name for name, kind in PATTERNS.items() if kind.guarantee.persistent]
FAN_OUT = [name for name, kind in PATTERNS.items() if kind.guarantee.fan_out]


def quick(destination: str, **changes: Any) -> Options:  # noqa: ANN401 - whatever Options has
    """Return options with short waits."""
    return Options(**{"destination": destination, "block": 0.2, "retry_delay": 0.05, **changes})


def redis_fields(settings: RedisSettings) -> dict[str, Any]:
    """Return settings as a worker's plan has them."""
    fields = settings.model_dump(exclude_defaults=True, exclude={"password"})
    password = settings.password.get_secret_value()
    return fields | ({"password": password} if password else {})


@dataclass
class Load:
    """A publisher's messages, `1`, `2`, `3` ..., and what became of each.

    Attributes:
        acknowledged, failed, unknown: their bodies, by the last outcome.
    """

    publisher: Publisher
    life: Life = field(default_factory=Life)
    count: int = 0
    acknowledged: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    async def publish(self, number: int) -> list[Outcome]:
        """Publish so many more in one go."""
        return await self.publish_bodies(*(str(self.count + place) for place in range(1, number + 1)))

    async def publish_bodies(self, *bodies: str) -> list[Outcome]:
        """Publish messages with these bodies in one go."""
        outcomes = await self.publisher.publish([self._message(body) for body in bodies])
        for body, outcome in zip(bodies, outcomes, strict=True):
            match outcome:
                case Acknowledged():
                    self.acknowledged.add(body)
                case Failed():
                    self.failed.add(body)
                case Unknown():
                    self.unknown.add(body)
        return outcomes

    async def keep_publishing(self, number: int, enough: asyncio.Event) -> None:
        """Publish batches of so many until told that it is enough; while none is accepted, one at a time."""
        while not enough.is_set():
            if all(isinstance(outcome, Acknowledged) for outcome in await self.publish(number)):
                await turn()
            else:
                await eventually(self._accepted, timeout=30, every=0.05, what="an acknowledgement")

    async def _accepted(self) -> bool:
        return isinstance((await self.publish(1))[0], Acknowledged)

    def _message(self, body: str) -> Message:
        self.count += 1
        return Message(self.life.id_of(self.count), datetime.now(UTC), body, "faults", self.count)


async def dead_letters(server: Standalone, destination: str) -> list[dict[bytes, bytes]]:
    """Return the fields of each dead letter."""
    async with server.client() as client:
        letters: Any = await client.xrange(keys.dead_letters(destination))
    return [fields for _, fields in letters]


async def turn() -> None:
    """Let the event loop turn once."""
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    await turned


@asynccontextmanager
async def loaded(settings: RedisSettings, pattern: str, options: Options) -> AsyncIterator[Load]:
    """Open a publisher."""
    publisher = RedisBroker(settings).publisher(pattern, options)
    try:
        await publisher.open()
        yield Load(publisher)
    finally:
        await publisher.aclose()


@asynccontextmanager
async def opened(settings: RedisSettings, pattern: str, options: Options) -> AsyncIterator[Consumer]:
    """Open a consumer, to be led by hand."""
    consumer = RedisBroker(settings).consumer(pattern, options)
    try:
        await consumer.open()
        yield consumer
    finally:
        await consumer.aclose()


def bodies(deliveries: Sequence[Delivery]) -> list[str]:
    """Return their bodies."""
    return [one.message.message for one in deliveries]


async def take(consumer: Consumer, number: int, limit: int = 100) -> list[Delivery]:
    """Receive and acknowledge until there were so many deliveries."""
    taken: list[Delivery] = []

    async def enough() -> bool:
        batch = await consumer.receive(limit)
        if len(batch):
            await consumer.settle(batch)
        taken.extend(batch.deliveries)
        return len(taken) >= number

    await eventually(enough, what=f"{number} deliveries")
    return taken


async def some(consumer: Consumer, limit: int = 100) -> Batch:
    """Receive until something comes."""

    async def received() -> Batch | None:
        batch = await consumer.receive(limit)
        return batch if len(batch) else None

    batch = await eventually(received, what="a delivery")
    assert batch is not None
    return batch


@dataclass
class Consuming:
    """A loop at work.

    Attributes:
        loop: the loop.
        processed: the bodies that its handler had, in order.
        states: what its watcher was told.
    """

    loop: ConsumerLoop
    processed: list[str] = field(default_factory=list)
    states: list[MessagingError | None] = field(default_factory=list)

    async def has(self, wanted: set[str], *, timeout: float = 20.0) -> None:
        """Wait until all of these were processed."""
        await eventually(lambda: wanted <= set(self.processed), timeout=timeout, what=f"{len(wanted)} processed")

    async def met(self, kind: type[MessagingError], *, timeout: float = 10.0) -> MessagingError:
        """Wait until the loop has met such an error, and return it."""

        def found() -> MessagingError | None:
            return next((state for state in self.states if isinstance(state, kind)), None)

        error = await eventually(found, timeout=timeout, what=kind.__name__)
        assert error is not None
        return error

    async def is_ready(self, *, timeout: float = 10.0) -> None:
        """Wait until the loop is ready."""
        await eventually(lambda: self.loop.ready, timeout=timeout, what="readiness")


def consumer_loop(
    settings: RedisSettings, pattern: str, options: Options, handler: Handler | None = None, batch: int = 100
) -> Consuming:
    """Make a loop whose handler notes the bodies, before it does what `handler` does."""

    async def handle(deliveries: Sequence[Delivery]) -> Any:  # noqa: ANN401 - settlements or nothing
        it.processed.extend(bodies(deliveries))
        return await handler(deliveries) if handler else None

    it = Consuming(
        ConsumerLoop(
            RedisBroker(settings).consumer(pattern, options),
            handle,
            PATTERNS[pattern].guarantee,
            LoopOptions(batch=batch, lease=options.lease),
            Watcher(state=lambda error: it.states.append(error)),  # noqa: PLW0108 - it is bound later,
        )
    )
    return it


@asynccontextmanager
async def consuming(
    settings: RedisSettings, pattern: str, options: Options, handler: Handler | None = None
) -> AsyncIterator[Consuming]:
    """Run a loop, and stop it in the end."""
    it = consumer_loop(settings, pattern, options, handler)
    task = asyncio.create_task(it.loop.run())
    try:
        yield it
    finally:
        it.loop.stop()
        await task


def start_worker(processes: Processes, plan: Plan) -> Process:
    """Start a consumer process."""
    return processes.start("tests.faults.worker", msgspec.json.encode(plan).decode())


def said(process: Process, word: str) -> list[str]:
    """Return the words after `word` on each line that begins with it."""
    return [text for line in process.lines if line.startswith(f"{word} ") for text in line.split()[1:]]
