"""What pub/sub missed, as far as a subscriber can see it: holes in a sender's counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from messaging.seam.delivery import Delivery
from messaging.seam.ids import life_of

LIVES = 1024
"""How many publishers' lives are remembered; the one silent for longest is forgotten first."""


class Gaps:
    """Counts the holes, a lower bound.

    What is missing before the first and after the last message received cannot be seen, and a
    message that comes late takes its hole back.

    Attributes:
        missing: how many messages are missing, over all lives.
    """

    def __init__(self, lives: int = LIVES) -> None:
        """Remember up to `lives` publishers' lives."""
        self._limit = lives
        self._last: OrderedDict[str, int] = OrderedDict()
        self._current, self._count = "", 0
        self.missing = 0

    def saw(self, deliveries: Iterable[Delivery]) -> None:
        """Take note of messages in the order in which they came."""
        for delivery in deliveries:
            message = delivery.message
            count = message.count
            if count == self._count + 1 and self._current and message.id.startswith(self._current):
                self._count = count  # the next of the same life: nearly always
                continue
            life = life_of(message.id, count)
            if life is not None:
                self._jump(life, count)

    def _jump(self, life: str, count: int) -> None:
        self._turn_to(life)
        if self._count and count > self._count:
            self.missing += count - self._count - 1
        elif count < self._count:
            self.missing = max(0, self.missing - 1)
        self._count = max(self._count, count)

    def _turn_to(self, life: str) -> None:
        if self._current:
            self._last[self._current] = self._count
            self._last.move_to_end(self._current)
        if len(self._last) > self._limit:
            self._last.popitem(last=False)
        self._current, self._count = life, self._last.get(life, 0)
