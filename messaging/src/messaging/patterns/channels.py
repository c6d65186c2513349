"""What `pubsub` and `sharded-pubsub` share: messages pass through Redis and are not kept."""

from __future__ import annotations

from collections.abc import Sequence

from messaging.patterns.budget import SizeBudget
from messaging.patterns.decoding import Decoder, unacknowledged
from messaging.patterns.encoding import send_encoded
from messaging.patterns.gaps import Gaps
from messaging.seam.delivery import Batch
from messaging.seam.guarantee import DeliveryPromise, Guarantee, Order
from messaging.seam.message import Message
from messaging.seam.options import Options
from messaging.seam.outcomes import Outcome
from messaging.seam.pattern import Backlog, Signals
from messaging.seam.settlements import Settled, Settlement
from messaging.transport.connection import Topology
from messaging.transport.link import Link
from messaging.transport.replies import outcome
from messaging.transport.subscription import Subscription

GUARANTEE = Guarantee(
    fan_out=True,
    persistent=False,
    delivery=DeliveryPromise.AT_MOST_ONCE,
    order=Order.PER_SENDER,
    acknowledged_by="receivers",
)
"""What both promise."""


class ChannelPublisher:
    """A `Publisher` to a channel."""

    def __init__(self, topology: Topology, options: Options, *, sharded: bool) -> None:
        """Publish to `options.destination`, with SPUBLISH where `sharded`."""
        self._command = "SPUBLISH" if sharded else "PUBLISH"
        self._channel, self._limit = options.destination, options.message_bytes
        self._link = Link(topology, self._channel, options.timeout, options.connect_timeout)

    async def open(self) -> None:
        """Connect."""
        await self._link.open()

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Publish them in one round trip; acknowledged by the number of subscribers that had it."""
        return await send_encoded(messages, self._limit, self._send)

    async def backlog(self) -> Backlog:
        """A channel keeps nothing."""
        return Backlog()

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()

    async def _send(self, bodies: list[bytes]) -> list[Outcome]:
        commands = [(self._command, self._channel, body) for body in bodies]
        return [outcome(reply) for reply in await self._link.many(commands)]


class ChannelConsumer:
    """A `Consumer` of a channel."""

    def __init__(self, topology: Topology, options: Options, *, sharded: bool) -> None:
        """Subscribe to `options.destination`, with SSUBSCRIBE where `sharded`."""
        self._options, self.signals = options, Signals()
        self._subscription = Subscription(topology, options, sharded=sharded)
        self._decoder = Decoder(options.destination, options.message_bytes)
        self._budget, self._gaps = SizeBudget(options.batch_bytes), Gaps()

    async def open(self) -> None:
        """Subscribe."""
        await self._subscription.open()

    async def receive(self, limit: int) -> Batch:
        """Return what has come, waiting for the first; subscribes again after a loss."""
        bodies = await self._subscription.read(self._budget.allows(limit), self._options.block)
        self._budget.saw(bodies)
        batch = self._decoder.batch([(body, None) for body in bodies])
        self._gaps.saw(batch.deliveries)
        self.signals.gap_messages = self._gaps.missing
        self.signals.reconnects = max(0, self._subscription.connections - 1)
        return batch

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Only count: what failed is dropped, there is no place to put it."""
        dropped = len(unacknowledged(batch, settlements))
        return Settled(acked=len(batch) - dropped, dead=dropped)

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Count, then receive."""
        return await self.settle(batch, settlements), await self.receive(limit)

    async def renew(self, batch: Batch) -> bool:
        """What came is ours for good."""
        del batch
        return True

    async def leave(self) -> None:
        """Unsubscribe; what had come by then is still to be received."""
        await self._subscription.leave()

    async def hand_back(self, batch: Batch) -> None:
        """There is nobody to hand it to."""

    async def backlog(self) -> Backlog:
        """A channel keeps nothing."""
        return Backlog()

    async def aclose(self) -> None:
        """Close the connection, which ends the subscription."""
        await self._subscription.aclose()
