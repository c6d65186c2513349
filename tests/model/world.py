"""The parties of a model: real consumers at a real server, and what each of them believes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from redis import Redis

from messaging import PATTERNS, Ack, Batch, Consumer, Dead, Life, Message, Options, Settled, Settlement
from messaging.seam import keys
from tests.model.letters import MAX_DELIVERIES
from tests.model.lossy import Lossy

T = TypeVar("T")
LEASE = 3600.0
"""No lease ends by itself within a test."""


@dataclass
class Hand:
    """A consumer and what it holds.

    Attributes:
        name: what the consumer is called.
        way: its way to the server.
        consumer: the consumer.
        batch: what it received and has not settled, as far as it knows.
        decided: how it settled that, where the reply was lost.
        unseen: id of the batch that was claimed for it, where the reply was lost.
        ended: whether the test has ended its lease, which its own clock does not know.
    """

    name: str
    way: Lossy
    consumer: Consumer
    batch: Batch = field(default_factory=Batch)
    decided: list[Settlement] | None = None
    unseen: str = ""
    ended: bool = False

    @property
    def holds(self) -> bool:
        """Whether it has something to settle."""
        return len(self.batch) > 0

    @property
    def numbers(self) -> tuple[int, ...]:
        """The counts of the messages that it holds, which tell them apart."""
        return tuple(one.message.count for one in self.batch.deliveries)

    def decide(self, settlements: Sequence[Settlement]) -> list[Settlement]:
        """Return how to settle the batch: as it was said before, when the reply was lost."""
        if self.decided is None:
            self.decided = list(settlements[: len(self.batch)])
        return self.decided

    def let_go(self) -> None:
        """Hold nothing."""
        self.batch, self.decided, self.ended = Batch(), None, False

    def expected(self, held: Sequence[bool]) -> Settled:
        """Return what a settle as it was decided amounts to, when those are held."""
        mine = [one for one, is_held in zip(self.decided or [], held, strict=True) if is_held]
        last = self.batch.deliveries[0].count >= MAX_DELIVERIES
        acked = sum(isinstance(one, Ack) for one in mine)
        dead = len(mine) - acked if last else sum(isinstance(one, Dead) for one in mine)
        return Settled(acked, len(mine) - acked - dead, dead, len(held) - len(mine))


class World:
    """One destination, its publisher and its consumers."""

    def __init__(self, pattern: str, host: str, port: int, destination: str) -> None:
        """Use a destination of one's own on this server."""
        self._runner = asyncio.Runner()
        self._kind, self._address = PATTERNS[pattern], (host, port)
        self._life = Life()
        self.client = Redis(host, port, driver_info=None)
        self.destination = destination
        self.options = Options(
            destination=destination, block=0.0, lease=LEASE, retry_delay=LEASE, max_deliveries=MAX_DELIVERIES
        )
        self.publisher = self._kind.publisher(Lossy(host, port), self.options)
        self.run(self.publisher.open())
        self.published, self._newcomers = 0, 0
        self.settled: set[int] = set()
        self.hands = [self.newcomer() for _ in range(3)]

    @property
    def idle(self) -> list[Hand]:
        """Those who have nothing in hand, and may claim."""
        return [hand for hand in self.hands if not hand.holds]

    @property
    def busy(self) -> list[Hand]:
        """Those who have something to settle."""
        return [hand for hand in self.hands if hand.holds]

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Do what takes an event loop."""
        return self._runner.run(work)

    def newcomer(self, name: str = "") -> Hand:
        """Return a consumer that has just started, under a new name or a known one."""
        self._newcomers += 1
        way, name = Lossy(*self._address), name or f"consumer-{self._newcomers}"
        hand = Hand(name, way, self._kind.consumer(way, replace(self.options, consumer=name)))
        self.run(hand.consumer.open())
        return hand

    def crash(self, hand: Hand, name: str = "") -> None:
        """Let a consumer die with what it holds, and another one start in its place."""
        self.run(hand.consumer.aclose())  # which frees nothing that is held
        self.hands.remove(hand)
        self.hands.append(self.newcomer(name))

    def publish(self, number: int) -> None:
        """Publish so many more."""
        counts = range(self.published + 1, self.published + number + 1)
        messages = [Message(self._life.id_of(count), datetime.now(UTC), "", "model", count) for count in counts]
        self.run(self.publisher.publish(messages))
        self.published += number

    def close(self) -> None:
        """Leave nothing behind."""
        for hand in self.hands:
            self.run(hand.consumer.aclose())
        self.run(self.publisher.aclose())
        self._runner.close()
        beside = (keys.woken, keys.leases, keys.inflight, keys.dead_letters)
        self.client.delete(self.destination, *(name(self.destination) for name in beside))
        self.client.close()
