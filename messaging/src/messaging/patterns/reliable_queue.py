"""reliable-queue: a list with leases; each message goes to one consumer, again if that one fails.

Beside the list stand the leases (batch id -> when it is due), what is in flight (batch id ->
delivery count and bodies) and what a blocked consumer moved and nobody owns yet. Claim, settle and
renew are scripts, each atomic. Nobody registers, nobody reaps: whoever claims next takes what is due.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence

from messaging.patterns import PatternKind
from messaging.patterns.budget import SizeBudget
from messaging.patterns.decoding import Decoder, unacknowledged
from messaging.patterns.list_store import ListStore
from messaging.patterns.repeated_settle import RepeatedSettle
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


def _store(destination: str) -> ListStore:
    return ListStore(destination, woken=keys.woken(destination), leases=keys.leases(destination))


def _publisher(topology: Topology, options: Options) -> Publisher:
    return StoredPublisher(topology, options, _store(options.destination))


class ReliableQueueConsumer:
    """A `Consumer` that leases batches from a list."""

    def __init__(self, topology: Topology, options: Options) -> None:
        """Consume `options.destination`."""
        self._options, self.signals = options, Signals()
        name = options.destination
        self._list, self._woken, self._dead = name, keys.woken(name), keys.dead_letters(name)
        self._leases, self._inflight = keys.leases(name), keys.inflight(name)
        self._link = Link(topology, name, options.timeout, options.connect_timeout)
        self._control = Link(topology, name, options.timeout, options.connect_timeout)
        self._decoder = Decoder(name, options.message_bytes)
        self._budget = SizeBudget(options.batch_bytes)
        self._ids = _Ids()
        self._repeats = RepeatedSettle(options)

    async def open(self) -> None:
        """Connect, check the keys' types and load the scripts."""
        await check_type(self._link, self._list, "list")
        for name in ("reliable_claim", "reliable_settle", "reliable_renew", "reliable_hand_back"):
            await self._link.one(("SCRIPT", "LOAD", SCRIPTS[name].source))

    async def receive(self, limit: int) -> Batch:
        """Claim a batch; when there is none block until a message comes or a lease is due.

        A claim whose reply was lost is repeated under the same id and returns the same batch.
        """
        batch, due = self._claimed(await self._claim(limit))
        if len(batch):
            return batch
        wait = self._options.block if due is None else min(self._options.block, due)
        if wait > 0:
            block: Command = ("BLMOVE", self._list, self._woken, "LEFT", "RIGHT", f"{wait:.3f}")
            if await self._link.one(block, wait) is None and due is None:
                return batch
        return self._claimed(await self._claim(limit))[0]

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Settle in one script; refused as a whole when the lease has gone to another."""
        (reply,) = await self._link.many([self._settle(batch, settlements)])
        return self._settled(batch, settlements, reply)

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle and claim in one round trip; the batch is empty when there is nothing to claim."""
        commands = [self._settle(batch, settlements), self._claim_command(limit)]
        first, second = await self._link.many(commands)
        settled = self._settled(batch, settlements, first)
        if isinstance(second, MessagingError):
            return settled, Batch()  # the next receive meets the same error, and repeats the claim
        return settled, self._claimed(second)[0]

    async def renew(self, batch: Batch) -> bool:
        """Lengthen the lease, unless it is gone."""
        start = time.monotonic()
        command = call(SCRIPTS["reliable_renew"], [self._leases], batch.receipt, self._lease_ms)
        held = bool(await self._control.one(command))
        if held:
            self._repeats.prolong(start)
        return held

    async def leave(self) -> None:
        """Nothing comes that was not asked for."""

    async def hand_back(self, batch: Batch) -> None:
        """Put it back at the head of the list, or make its redelivery due now."""
        held = [self._list, self._leases, self._inflight]
        await self._control.one(call(SCRIPTS["reliable_hand_back"], held, batch.receipt))

    async def backlog(self) -> Backlog:
        """Ask for the list's length and the number of leases."""
        return await _store(self._list).backlog(self._control)

    async def oldest(self) -> float | None:
        """Ask how long ago the oldest message in flight was delivered first, in seconds; None: there is none."""
        age = await self._control.one(call(SCRIPTS["reliable_oldest"], [self._leases, self._inflight]))
        return None if age < 0 else age / 1000

    async def aclose(self) -> None:
        """Close the connections; there is nothing to leave."""
        await self._link.aclose()
        await self._control.aclose()

    @property
    def _lease_ms(self) -> int:
        return int(self._options.lease * 1000)

    async def _claim(self, limit: int) -> Reply:
        return await self._link.one(self._claim_command(limit))

    def _claim_command(self, limit: int) -> Command:
        options = self._options
        held = [self._list, self._woken, self._leases, self._inflight, self._dead]
        bounds = (self._budget.allows(limit), options.batch_bytes, self._lease_ms)
        self._repeats.ask()
        claim = SCRIPTS["reliable_claim"]
        return call(claim, held, self._ids.current, *bounds, options.max_deliveries, self._list)

    def _claimed(self, reply: Reply) -> tuple[Batch, float | None]:
        """Read a claim's reply: the batch, and when it is empty the seconds until a lease is due."""
        self.signals.reconnects = max(0, self._link.connections - 1)
        count, dead, *rest = reply
        self.signals.dead_on_claim += dead
        if not count:
            return Batch(), None if rest[0] < 0 else max(rest[0], 1) / 1000
        self._repeats.begin()
        self._budget.saw(rest)
        self.signals.reclaimed += count > 1
        places = [(body, place) for place, body in enumerate(rest, 1)]
        return self._decoder.batch(places, count, self._ids.take()), None

    def _settle(self, batch: Batch, settlements: Sequence[Settlement] | None) -> Command:
        delay = int(self._options.retry_delay_after(_count_of(batch)) * 1000)
        named: list[str | int] = []
        for one in unacknowledged(batch, settlements):
            named += (one.receipt, one.kind, delay, one.error)
        held = [self._leases, self._inflight, self._dead]
        return call(SCRIPTS["reliable_settle"], held, batch.receipt, self._options.max_deliveries, self._list, *named)

    def _settled(self, batch: Batch, settlements: Sequence[Settlement] | None, reply: Reply) -> Settled:
        if isinstance(reply, MessagingError):
            self._repeats.unsettled(reply)
            raise reply
        if reply[0] < 0:
            return self._repeats.judge(Settled(stale=len(batch)), batch, settlements)
        retried, dead = reply
        return Settled(acked=len(batch) - retried - dead, retried=retried, dead=dead)


class _Ids:
    """Ids of batches, unique for ever: the current one is used again until a claim has brought something.

    A forked process begins anew: under its parent's next id it would be given its parent's batch.
    """

    def __init__(self) -> None:
        self._process, self._prefix, self._number = os.getpid(), secrets.token_hex(8), 0

    @property
    def current(self) -> str:
        if self._process != os.getpid():
            self._process, self._prefix = os.getpid(), secrets.token_hex(8)
        return f"{self._prefix}.{self._number}"

    def take(self) -> str:
        taken = self.current
        self._number += 1
        return taken


def _count_of(batch: Batch) -> int:
    everything = batch.deliveries or batch.malformed
    return everything[0].count if everything else 1


PATTERN = PatternKind(
    name="reliable-queue",
    source="reliable-queue",
    destination=keys.RELIABLE_QUEUE,
    guarantee=Guarantee(
        fan_out=False,
        persistent=True,
        delivery=DeliveryPromise.AT_LEAST_ONCE,
        order=Order.TAKEN_IN_ORDER_UNLESS_RETRIED,
        acknowledged_by="length",
    ),
    publisher=_publisher,
    consumer=ReliableQueueConsumer,
)
