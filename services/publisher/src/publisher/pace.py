"""When to send: a pause between batches, or an open loop at a rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from messaging.settings.publisher import PublishSettings

KEPT = 10_000
"""For how many messages at least it is known when they were first sent."""


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


class Times:
    """When messages are sent, for all destinations alike: whoever comes first to a message decides.

    Memory is bounded: a destination that is further behind than `KEPT` messages takes its own time for them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin when `start` is first asked for; the clock gives seconds, monotonic."""
        self._clock = clock
        self._start: tuple[float, datetime] | None = None
        self._kept: list[datetime] = []
        self._known = 0  # messages whose time is decided

    @property
    def start(self) -> tuple[float, datetime]:
        """The beginning, by the monotonic clock and by the calendar."""
        if self._start is None:
            self._start = self._clock(), datetime.now(UTC)
        return self._start

    def of(self, first: int, count: int) -> list[datetime]:
        """Return the times of `count` messages, the first of which is number `first` (from 0)."""
        now, last = datetime.now(UTC), first + count
        self._kept += [now] * (last - self._known)
        self._known = max(self._known, last)
        if len(self._kept) > 2 * KEPT:
            del self._kept[:-KEPT]
        oldest = self._known - len(self._kept)
        forgotten = min(count, max(0, oldest - first))
        return [now] * forgotten + self._kept[first + forgotten - oldest : last - oldest if forgotten < count else 0]


class Interval:
    """A batch, a pause, a batch: the pause counts from start to start."""

    def __init__(
        self, seconds: float, batch: int, clock: Callable[[], float] = time.monotonic, times: Times | None = None
    ) -> None:
        """Prepare; the first batch is due at once.

        Args:
            seconds: from the start of one batch to the start of the next.
            batch: messages in one.
            clock: gives seconds, monotonic.
            times: shared with other destinations.
        """
        self._seconds, self._batch, self._clock = seconds, batch, clock
        self._times, self._index = times or Times(clock), 0
        self._next = clock()

    def due(self) -> Due:
        """Return what is left of the pause."""
        return Due(max(0.0, self._next - self._clock()), self._batch)

    def stamps(self, count: int) -> list[datetime]:
        """Return the present, or when another destination sent them; a batch that was late does not hurry the next."""
        self._next = self._clock() + self._seconds
        first, self._index = self._index, self._index + count
        return self._times.of(first, count)


class Rate:
    """An open loop: message i is meant to be sent at start + i / rate, whatever happens meanwhile.

    After a stall the messages that are late go out as fast as batches allow, each with the time at
    which it should have been sent: so a stalled server shows as latency and not as a pause.
    """

    def __init__(
        self, rate: float, batch: int, clock: Callable[[], float] = time.monotonic, times: Times | None = None
    ) -> None:
        """Prepare; the first message is due at once.

        Args:
            rate: messages a second.
            batch: the most messages in one round trip.
            clock: gives seconds, monotonic.
            times: shared with other destinations, which began with them.
        """
        self._rate, self._batch, self._clock = rate, batch, clock
        self._start, self._started_at = (times or Times(clock)).start
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


def pace_of(settings: PublishSettings, times: Times | None = None) -> Pace:
    """Return the pace that the settings ask for: a rate where one is set."""
    if settings.rate:
        return Rate(settings.rate, settings.batch, times=times)
    return Interval(settings.interval, settings.batch, times=times)
