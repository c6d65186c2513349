"""The seam: the types that patterns, services, telemetry and the lab speak.

A pattern publishes messages to a destination and lets consumers receive and settle them. What it
promises is its `messaging.seam.guarantee.Guarantee`. How it does so is one file in `messaging.patterns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from messaging.seam.delivery import Batch
from messaging.seam.message import Message
from messaging.seam.outcomes import Outcome
from messaging.seam.settlements import Settled, Settlement


class Backlog(NamedTuple):
    """What a destination holds for its consumers, in messages (for the reliable queue, in flight counts batches).

    Attributes:
        waiting: not delivered to anybody yet; None where nothing is stored.
        in_flight: delivered and not settled; None where the pattern does not know.
    """

    waiting: int | None = None
    in_flight: int | None = None


@dataclass(slots=True)
class Signals:
    """Plain counts that a consumer keeps of what only it can see.

    Attributes:
        reconnects: connections lost and made again.
        gap_messages: messages that pub/sub missed, a lower bound.
        reclaimed: messages taken over from another consumer, or from a lease that ran out.
        trimmed: pending messages that were deleted before they were settled.
        dead_on_claim: messages that became dead letters instead of being delivered once more.
    """

    reconnects: int = 0
    gap_messages: int = 0
    reclaimed: int = 0
    trimmed: int = 0
    dead_on_claim: int = 0


class Publisher(Protocol):
    """Sends to one destination. Not to be used by two tasks at once."""

    async def open(self) -> None:
        """Connect and prepare the destination; raises MessagingError."""

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send them in order, in one round trip, and return what became of each, in order.

        Never raises for what the server or the network does: that is in the outcomes.
        """

    async def backlog(self) -> Backlog:
        """Ask how much the destination holds; raises MessagingError."""

    async def aclose(self) -> None:
        """Close the connections. Safe to call twice."""


class Consumer(Protocol):
    """Receives from one destination. One batch at a time: settle it before the next receive.

    No method is to be cancelled in flight: a cancelled pop loses what the server had popped. Set a
    flag and let the wait, which is bounded by BLOCK, end (`messaging.consumer` does).
    """

    signals: Signals

    async def open(self) -> None:
        """Connect; return when the server has confirmed (subscribed, group exists, scripts loaded).

        Raises MessagingError.
        """

    async def receive(self, limit: int) -> Batch:
        """Return at most `limit` messages, or after BLOCK none.

        After ConnectionLost call it again: it connects anew and takes up what is still ours.
        """

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Settle each of `batch.deliveries` (None: all are acknowledged) and dead-letter the malformed.

        After ConnectionLost call it again with the same arguments: settling twice changes nothing.
        """

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle and receive, in one round trip where the pattern can; after ConnectionLost do one after the other."""

    async def renew(self, batch: Batch) -> bool:
        """Lengthen the lease of what is in hand to LEASE from now; False when it is no longer ours.

        May be called while a handler works on the batch.
        """

    async def leave(self) -> None:
        """Ask for no more; what a channel's server has sent by then still comes. Raises MessagingError."""

    async def hand_back(self, batch: Batch) -> None:
        """Return what is in hand undone, for the next consumer to take at once."""

    async def backlog(self) -> Backlog:
        """Ask how much the destination holds; raises MessagingError."""

    async def aclose(self) -> None:
        """Leave the group where that loses nothing and close the connections. Safe to call twice."""
