"""When to send: a pause between batches, or an open loop at a rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from messaging.settings.publisher import PublishSettings


class Due(NamedTuple):
    """What the pace allows.

    Attributes:
        wait: how long to wait before sending, in seconds.
        allowed: how many messages may then be sent in one batch.
    """

    wait: float
    allowed: int


class Pace(Protocol):
    """Decides when the next batch is due and what its timestamps are."""

    def due(self) -> Due:
        """Return how long to wait and how many messages to send then."""

    def stamps(self, count: int) -> list[datetime]:
        """Return the times (UTC) of the `count` messages that are sent now, and go on to the next."""


class Interval:
    """A batch, a pause, a batch: the pause counts from start to start."""

    def __init__(self, seconds: float, batch: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; the first batch is due at once.

        Args:
            seconds: from the start of one batch to the start of the next.
            batch: messages in one.
            clock: gives seconds, monotonic.
        """
        self._seconds, self._batch, self._clock = seconds, batch, clock
        self._next = clock()

    def due(self) -> Due:
        """Return what is left of the pause."""
        return Due(max(0.0, self._next - self._clock()), self._batch)

    def stamps(self, count: int) -> list[datetime]:
        """Return the present, for all of them; a batch that was late does not hurry the next."""
        self._next = self._clock() + self._seconds
        return [datetime.now(UTC)] * count


class Rate:
    """An open loop: message i is meant to be sent at start + i / rate, whatever happens meanwhile.

    After a stall the messages that are late go out as fast as batches allow, each with the time at
    which it should have been sent: so a stalled server shows as latency and not as a pause.
    """

    def __init__(self, rate: float, batch: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; the first message is due at once.

        Args:
            rate: messages a second.
            batch: the most messages in one round trip.
            clock: gives seconds, monotonic.
        """
        self._rate, self._batch, self._clock = rate, batch, clock
        self._start, self._started_at = clock(), datetime.now(UTC)
        self._index = 0

    def due(self) -> Due:
        """Return when the next message is due, or how many are."""
        late = (self._clock() - self._start) * self._rate - self._index
        if late < 0:
            return Due(-late / self._rate, 1)
        return Due(0.0, min(self._batch, int(late) + 1))

    def stamps(self, count: int) -> list[datetime]:
        """Return when each of the next `count` should have been sent."""
        first, self._index = self._index, self._index + count
        return [self._started_at + timedelta(seconds=index / self._rate) for index in range(first, first + count)]


def pace_of(settings: PublishSettings) -> Pace:
    """Return the pace that the settings ask for: a rate where one is set."""
    if settings.rate:
        return Rate(settings.rate, settings.batch)
    return Interval(settings.interval, settings.batch)
