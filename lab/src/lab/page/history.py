"""One pattern's figures over the last minutes, a point for each look."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from lab.watch.latencies import WINDOW
from lab.watch.sharing import Sharing


class Point(NamedTuple):
    """What one look showed.

    Attributes:
        at: when, in UNIX seconds.
        sent, received: messages/s.
        waiting: what waits in Redis; None: nobody knows.
        p50, p99: latency of the last seconds' messages, in seconds; None: there were none.
    """

    at: float
    sent: float
    received: float
    waiting: float | None
    p50: float | None
    p99: float | None


class History:
    """The last minutes of one pattern."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._points: deque[Point] = deque()

    @property
    def points(self) -> Sequence[Point]:
        """The oldest first."""
        return self._points

    def add(self, sharing: Sharing, now: float) -> None:
        """Take what a look showed, and forget what is older than the window. A restart counts as a rate of 0."""
        rates = max(0.0, sharing.rate), max(0.0, sharing.received)
        self._points.append(Point(now, *rates, sharing.waiting, sharing.now_p50, sharing.now_p99))
        while self._points[0].at < now - WINDOW:
            self._points.popleft()
