"""What Redis would hold, in memory."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import count as counter

from messaging.seam.guarantee import Guarantee
from messaging.seam.pattern import Backlog


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody will get.

    Attributes:
        body: its bytes as they were published.
        reason: the kind of death, as in Redis (`messaging.patterns.decoding`).
        error: the words that go with it.
        deliveries: how often it was delivered.
    """

    body: bytes
    reason: str
    error: str
    deliveries: int


@dataclass(slots=True)
class Held:
    """What a consumer was given and has not settled; `due` is on the monotonic clock."""

    owner: str
    count: int
    bodies: list[bytes]
    due: float


@dataclass(slots=True)
class Destination:
    """What stands in Redis for one destination."""

    guarantee: Guarantee
    waiting: deque[bytes] = field(default_factory=deque)
    held: dict[int, Held] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    subscribers: list[deque[bytes]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ids: counter[int] = field(default_factory=counter)

    def wake(self) -> None:
        """End every wait for a change."""
        self.changed.set()
        self.changed = asyncio.Event()

    def append(self, body: bytes) -> None:
        """Give a body to every subscriber, or let it wait for one consumer."""
        if not self.guarantee.fan_out:
            self.waiting.append(body)
        for inbox in self.subscribers:
            inbox.append(body)
        self.wake()

    def hold(self, owner: str, count: int, bodies: list[bytes], seconds: float) -> int:
        """Lease bodies at their delivery number `count`, and return what to settle them by."""
        key = next(self.ids)
        self.held[key] = Held(owner, count, bodies, time.monotonic() + seconds)
        return key

    def next_due(self) -> float:
        """Return when the next lease is due, on the monotonic clock."""
        return min((held.due for held in self.held.values()), default=float("inf"))

    def backlog(self) -> Backlog:
        """Count what waits and what is held."""
        if self.guarantee.fan_out:
            return Backlog()
        return Backlog(len(self.waiting), len(self.held) if self.guarantee.redelivers else None)
