"""Messages to publish, and what to look at in those that came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from messaging import Batch, Delivery, Life, Message

NOON = datetime(2026, 7, 14, 12, 0, 0, 250_000, tzinfo=UTC)


class Author:
    """Writes the numbered messages of one life, as a publisher does."""

    def __init__(self, sender: str = "tester") -> None:
        """Begin a life; its first message has the count 1."""
        self.sender, self.life, self.count = sender, Life(), 0

    def write(self, number: int = 1, body: str = "hello") -> list[Message]:
        """Return the next `number` messages."""
        return [self.message(body) for _ in range(number)]

    def message(self, body: str = "hello") -> Message:
        """Return the next message."""
        self.count += 1
        return Message(self.life.id_of(self.count), NOON, body, self.sender, self.count)


def written(number: int, body: str = "hello") -> list[Message]:
    """Return messages with the counts 1 to `number`, of a life of their own."""
    return Author().write(number, body)


def delivered(message: Message, count: int = 1, destination: str = "somewhere") -> Delivery:
    """Return a delivery that no pattern made."""
    return Delivery(message, destination, count)


def counts(come: Batch | Iterable[Delivery]) -> list[int]:
    """Return the senders' numbers of what came, in order."""
    deliveries = come.deliveries if isinstance(come, Batch) else come
    return [delivery.message.count for delivery in deliveries]
