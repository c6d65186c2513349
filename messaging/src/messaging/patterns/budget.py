"""How many messages to ask for: bounded by count, by bytes and by the handler's time."""

from __future__ import annotations

from collections.abc import Sized

_WEIGHT = 0.2  # of the newest batch in the moving average


class SizeBudget:
    """Keeps a batch within a number of bytes, by the moving average of a message's size."""

    __slots__ = ("_average", "_limit")

    def __init__(self, limit: int) -> None:
        """Allow `limit` bytes a batch."""
        self._limit = limit
        self._average = 0.0

    def allows(self, count: int) -> int:
        """Return how many of `count` messages to ask for, at least 1."""
        if self._average * count <= self._limit:
            return count
        return max(1, int(self._limit / self._average))

    def saw(self, bodies: list[bytes]) -> None:
        """Learn the sizes of a batch."""
        if bodies:
            size = sum(map(len, bodies)) / len(bodies)
            self._average += _WEIGHT * (size - self._average) if self._average else size


class TimeBudget:
    """Keeps a batch within a handler's time, so that a slow one does not hoard what an idle replica could do."""

    __slots__ = ("_average", "_least", "_limit", "_seconds")

    def __init__(self, limit: int, seconds: float, least: int = 1) -> None:
        """Allow `limit` messages, or as many as take `seconds` to handle, but `least` even if they take longer."""
        self._limit, self._seconds, self._least = limit, seconds, min(least, limit)
        self._average = 0.0

    def allows(self) -> int:
        """Return how many messages to ask for: seconds / average time of one, from the least to the limit."""
        if self._average * self._limit <= self._seconds:
            return self._limit
        return max(self._least, int(self._seconds / self._average))

    def took(self, seconds: float, messages: Sized) -> None:
        """Learn how long the handler took for a batch."""
        each = seconds / max(1, len(messages))
        self._average += _WEIGHT * (each - self._average) if self._average else each
