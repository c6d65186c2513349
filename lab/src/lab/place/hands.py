"""What somebody has in hand at a moment, as it stands on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Hand:
    """Messages of one pattern that a handler was given and is not done with.

    Attributes:
        count: how many.
        since: UNIX time when it was given them; tells this hand from the next.
        seconds: how long the handler needs for so many, by what it needed last; 0.0: not known.
    """

    count: int
    since: float
    seconds: float

    def handled(self, now: float) -> float:
        """Return about which share was handled at a UNIX time; 1.0 when that is not known."""
        return min(1.0, (now - self.since) / self.seconds) if self.seconds else 1.0


Hands = Mapping[str, Hand]
"""By pattern."""


class Witness(Protocol):
    """Reads what is on record now."""

    async def in_hand(self) -> Mapping[str, Hands]:
        """Return what each subscriber has in hand, by its name."""

    async def under_way(self) -> Mapping[str, int]:
        """Return how many messages each publisher has sent without having heard of them, by its name."""
