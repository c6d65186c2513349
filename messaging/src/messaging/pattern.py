"""The seam: the types that patterns, services, telemetry and the lab speak.

A pattern publishes messages to a destination and lets consumers receive and settle them. What it
promises is its `messaging.guarantee.Guarantee`. How it does so is one file in `messaging.patterns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import msgspec

from messaging.errors import MalformedMessage, MessagingError
from messaging.message import Message


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The server has it.

    Attributes:
        value: what the server said of it: how many subscribers received it, how long the list is
            now, or the stream entry's id, as `Guarantee.acknowledged_by` says.
    """

    value: int | str


@dataclass(frozen=True, slots=True)
class Failed:
    """It is certain that nothing was stored: sending it again makes no duplicate."""

    error: MessagingError


@dataclass(frozen=True, slots=True)
class Unknown:
    """The reply was lost: it may be stored, and nobody can know. Sending it again may duplicate it."""

    error: MessagingError


Outcome = Acknowledged | Failed | Unknown


class Delivery(msgspec.Struct, gc=False):
    """One message handed to a handler.

    Attributes:
        message: the message.
        destination: the channel, list or stream it came from.
        count: which delivery of it this is, from 1; above 1 somebody received it before and did
            not settle it. Always 1 where the pattern does not redeliver.
        receipt: what the pattern needs to settle it; opaque.
    """

    message: Message
    destination: str
    count: int = 1
    receipt: Any = None


class Malformed(msgspec.Struct, gc=False):
    """Bytes that are not a message; its pattern dead-letters them when the batch is settled.

    Attributes:
        body: the bytes as they came.
        error: what is wrong with them.
        destination, count, receipt: as in `Delivery`.
    """

    body: bytes
    error: MalformedMessage
    destination: str
    count: int = 1
    receipt: Any = None


@dataclass(slots=True)
class Batch:
    """What one receive brought, settled as one.

    Attributes:
        deliveries: the messages, in the order they were taken.
        malformed: what came among them and is no message.
        received_at: UNIX time in seconds when it arrived (one clock read a batch).
        receipt: what the pattern needs to settle the whole; opaque. An empty batch has none, and settling it does
            nothing.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    received_at: float = 0.0
    receipt: Any = ""

    @property
    def everything(self) -> list[Delivery | Malformed]:
        """All that came, messages first."""
        return [*self.deliveries, *self.malformed]

    def __len__(self) -> int:
        """Count all that came, messages or not."""
        return len(self.deliveries) + len(self.malformed)


@dataclass(frozen=True, slots=True)
class Ack:
    """Done: never deliver it again."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: deliver it again after RETRY_DELAY, up to MAX_DELIVERIES times in all.

    A pattern that cannot redeliver treats it as `Dead`.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Never: put it among the dead letters (pub/sub: count and drop it)."""

    reason: str


Settlement = Ack | Retry | Dead
ACK = Ack()


class Settled(NamedTuple):
    """What a settle did, in messages.

    Attributes:
        acked: done with.
        retried: to be delivered again.
        dead: put among the dead letters (pub/sub: dropped).
        stale: refused, since they were no longer ours; another consumer has them by now.
    """

    acked: int = 0
    retried: int = 0
    dead: int = 0
    stale: int = 0


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
