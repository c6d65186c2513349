"""queue: a list; each message goes to one consumer, and dies with it.

A pop is the end of Redis' part: whatever the consumer had in hand when it died is lost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain

from messaging.patterns import PatternKind
from messaging.patterns.budget import SizeBudget
from messaging.patterns.decoding import FAILED, RETRY, Decoder, Unacknowledged, unacknowledged
from messaging.patterns.list_store import ListStore
from messaging.patterns.stored_publisher import StoredPublisher, check_type
from messaging.seam import keys
from messaging.seam.delivery import Batch
from messaging.seam.errors import MessagingError
from messaging.seam.guarantee import DeliveryPromise, Guarantee, Order
from messaging.seam.options import Options
from messaging.seam.pattern import Backlog, Publisher, Signals
from messaging.seam.settlements import Settled, Settlement
from messaging.transport.connection import Topology
from messaging.transport.link import Command, Link, Reply, call
from messaging.transport.scripts import SCRIPTS

_SCRIPT = SCRIPTS["queue_settle"]
_LOOK = 1000  # so many others may have died while the reply was waited for


def _publisher(topology: Topology, options: Options) -> Publisher:
    return StoredPublisher(topology, options, ListStore(options.destination))


class QueueConsumer:
    """A `Consumer` of a list, popping up to a batch with one BLMPOP."""

    def __init__(self, topology: Topology, options: Options) -> None:
        """Consume `options.destination`."""
        self._options, self.signals = options, Signals()
        self._store = ListStore(options.destination)
        self._link = Link(topology, options.destination, options.timeout, options.connect_timeout)
        self._control = Link(topology, options.destination, options.timeout, options.connect_timeout)
        self._decoder = Decoder(options.destination, options.message_bytes)
        self._budget = SizeBudget(options.batch_bytes)

    async def open(self) -> None:
        """Connect, check the key's type and load the script."""
        await check_type(self._link, self._options.destination, "list")
        await self._link.one(("SCRIPT", "LOAD", _SCRIPT.source))

    async def receive(self, limit: int) -> Batch:
        """Pop up to `limit`; a reply that is lost takes what it carried along."""
        return self._batch(await self._link.one(self._pop(limit), self._options.block))

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Dead-letter what failed, once: a list queue cannot redeliver. Acknowledging costs nothing."""
        dead = unacknowledged(batch, settlements)
        if dead:
            await self._link.one(self._letters(batch, dead))
        return Settled(acked=len(batch) - len(dead), dead=len(dead))

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle, which is seldom anything, then pop."""
        settled = await self.settle(batch, settlements)
        try:
            return settled, await self.receive(limit)
        except MessagingError:
            return settled, Batch()  # the next receive meets the same error, and the dead letters are written once

    async def renew(self, batch: Batch) -> bool:
        """What was popped is ours for good."""
        del batch
        return True

    async def leave(self) -> None:
        """Nothing comes that was not asked for."""

    async def hand_back(self, batch: Batch) -> None:
        """Push it back to the head, in order."""
        bodies = [one.receipt for one in batch.everything]
        if bodies:
            await self._control.one(("LPUSH", self._options.destination, *reversed(bodies)))

    async def backlog(self) -> Backlog:
        """Ask for the list's length."""
        return await self._store.backlog(self._control)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._link.aclose()
        await self._control.aclose()

    def _pop(self, limit: int) -> Command:
        count = self._budget.allows(limit)
        return ("BLMPOP", self._options.block, 1, self._options.destination, "LEFT", "COUNT", count)

    def _batch(self, reply: Reply) -> Batch:
        self.signals.reconnects = max(0, self._link.connections - 1)
        if reply is None:
            return Batch()
        bodies: list[bytes] = reply[1]
        self._budget.saw(bodies)
        return self._decoder.batch([(body, body) for body in bodies])

    def _letters(self, batch: Batch, dead: Sequence[Unacknowledged]) -> Command:
        """Write them all; when this is called again for the batch, only if they do not stand there yet."""
        look = _LOOK if batch.receipt else 0
        batch.receipt = batch.receipt or int(time.time() * 1000)  # when it died; the same however often it is settled
        letters = [(FAILED if one.kind == RETRY else one.kind, one.error, one.count, one.receipt) for one in dead]
        return call(
            _SCRIPT,
            [keys.dead_letters(self._options.destination)],
            *(look, self._options.destination, int(batch.received_at * 1000), batch.receipt),
            *chain.from_iterable(letters),
        )


PATTERN = PatternKind(
    name="queue",
    source="queue",
    destination=keys.QUEUE,
    guarantee=Guarantee(
        fan_out=False,
        persistent=True,
        delivery=DeliveryPromise.AT_MOST_ONCE,
        order=Order.TAKEN_IN_ORDER,
        acknowledged_by="length",
    ),
    publisher=_publisher,
    consumer=QueueConsumer,
)
