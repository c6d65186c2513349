"""One pattern at one place, on a destination of its own: what a contract test plays on."""

from __future__ import annotations

import asyncio
from typing import Any

from messaging import ACK, Consumer, Delivery, Guarantee, Message, Options, PatternKind, Publisher
from messaging.seam.delivery import Batch
from messaging.seam.outcomes import Acknowledged, Outcome
from tests.support.messages import Author
from tests.support.places import Letter, Place

BLOCK = 0.1
PATIENCE = 15.0


class Scene:
    """Opens publishers and consumers, and closes all of them in the end.

    Attributes:
        kind: the pattern.
        place: where it is played.
        destination: a channel, list or stream that nobody else uses.
        author: writes what `publish` publishes.
    """

    def __init__(self, kind: PatternKind, place: Place, destination: str) -> None:
        """Prepare; nothing is opened yet."""
        self.kind, self.place, self.destination = kind, place, destination
        self.author = Author()
        self._opened: list[Publisher | Consumer] = []
        self._sender: Publisher | None = None

    @property
    def guarantee(self) -> Guarantee:
        """What the pattern promises."""
        return self.kind.guarantee

    def options(self, **changes: Any) -> Options:  # noqa: ANN401 - the fields of Options
        """Return options with short waits; leases outlast the test unless it says otherwise."""
        defaults: dict[str, Any] = {"destination": self.destination, "block": BLOCK, "retry_delay": 0.05}
        return Options(**defaults | dict(self.place.options) | changes)

    async def publisher(self, **changes: Any) -> Publisher:  # noqa: ANN401 - the fields of Options
        """Return an open publisher."""
        publisher = self.place.broker.publisher(self.kind.name, self.options(**changes))
        self._opened.append(publisher)
        await publisher.open()
        return publisher

    async def consumer(self, **changes: Any) -> Consumer:  # noqa: ANN401 - the fields of Options
        """Return an open consumer."""
        consumer = self.place.broker.consumer(self.kind.name, self.options(**changes))
        self._opened.append(consumer)
        await consumer.open()
        return consumer

    async def send(self, messages: list[Message]) -> list[Outcome]:
        """Publish messages, which must be acknowledged."""
        if self._sender is None:
            self._sender = await self.publisher()
        outcomes = await self._sender.publish(messages)
        assert [type(one) for one in outcomes] == [Acknowledged] * len(messages)
        return outcomes

    async def publish(self, number: int = 1, body: str = "hello") -> list[Message]:
        """Publish the author's next messages and return them."""
        messages = self.author.write(number, body)
        await self.send(messages)
        return messages

    async def push(self, *bodies: bytes) -> None:
        """Put raw bytes where a publisher would."""
        await self.place.push(self.kind, self.destination, bodies)

    async def letters(self) -> list[Letter]:
        """Return the destination's dead letters."""
        return await self.place.letters(self.destination)

    async def remains(self) -> dict[str, int]:
        """Return what is still stored, dead letters apart."""
        return await self.place.remains(self.destination)

    async def aclose(self) -> None:
        """Close everything that was opened."""
        for one in self._opened:
            await one.aclose()


async def something(consumer: Consumer, limit: int = 100) -> Batch:
    """Receive until something comes."""
    async with asyncio.timeout(PATIENCE):
        while not len(batch := await consumer.receive(limit)):
            pass
        return batch


async def collect(consumer: Consumer, number: int, limit: int = 100) -> list[Delivery]:
    """Receive and acknowledge until so many messages have come, and return them."""
    come: list[Delivery] = []
    async with asyncio.timeout(PATIENCE):
        while len(come) < number:
            batch = await consumer.receive(limit)
            come += batch.deliveries
            if len(batch):
                await consumer.settle(batch, [ACK] * len(batch.deliveries))
    return come


async def nothing(consumer: Consumer) -> bool:
    """Tell whether an empty poll stays empty."""
    return len(await consumer.receive(100)) == 0
