"""stream: a stream with a consumer group; each message goes to one of the group, again if that one fails.

What a consumer was given stays pending under its name until it is settled. A restarted consumer of
the same name finds its own; others take over what was idle for a lease.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from messaging.patterns import PatternKind
from messaging.patterns.budget import SizeBudget
from messaging.patterns.decoding import Decoder
from messaging.patterns.repeated_settle import RepeatedSettle
from messaging.patterns.stored_publisher import StoredPublisher
from messaging.patterns.stream_commands import FORGET_AFTER, StreamCommands, StreamStore, fresh_entries
from messaging.seam import keys
from messaging.seam.delivery import Batch
from messaging.seam.errors import ConnectionLost, MessagingError, ServerRefused
from messaging.seam.guarantee import DeliveryPromise, Guarantee, Order
from messaging.seam.options import Options
from messaging.seam.pattern import Backlog, Publisher, Signals
from messaging.seam.settlements import Settled, Settlement
from messaging.transport.connection import Topology
from messaging.transport.features import has_command
from messaging.transport.link import Command, Link, Reply
from messaging.transport.scripts import SCRIPTS

SCAN_SECONDS = 1.0
"""How often, at the most, others' pending entries are looked through for due ones."""


def _publisher(topology: Topology, options: Options) -> Publisher:
    return StoredPublisher(topology, options, StreamStore(options.destination, options.group, options.keep))


class StreamConsumer:
    """A `Consumer` in a stream's group."""

    def __init__(self, topology: Topology, options: Options) -> None:
        """Consume `options.destination` as `options.consumer` of `options.group`."""
        self._options, self.signals = options, Signals()
        name = options.destination
        self._link = Link(topology, name, options.timeout, options.connect_timeout)
        self._control = Link(topology, name, options.timeout, options.connect_timeout)
        self._commands = StreamCommands(options)
        self._store = StreamStore(name, options.group, options.keep)
        self._decoder = Decoder(name, options.message_bytes)
        self._budget = SizeBudget(options.batch_bytes)
        self._repeats = RepeatedSettle(options)
        self._own: str | None = "0-0"  # where to go on among our own pending entries; None: none left
        self._due = "0-0"  # where to go on among all pending entries
        self._next_scan = 0.0  # on the monotonic clock
        self._taking_due = False
        self._busy = True  # whether something came since the last scan

    async def open(self) -> None:
        """Connect, make the group, load the scripts, and forget consumers that left long ago."""
        await self._store.prepare(self._link)
        if not self._options.keep and await has_command(self._link, "XACKDEL"):
            self._commands.removal = "xackdel"
        for name, script in SCRIPTS.items():
            if name.startswith("stream_"):
                await self._link.one(("SCRIPT", "LOAD", script.source))
        await self._link.one(self._commands.forget("", FORGET_AFTER))

    async def receive(self, limit: int) -> Batch:
        """Take one entry delivered before, where there is one, else up to `limit` fresh ones."""
        while (command := self._take_command()) is not None:
            batch = self._taken(await self._ask(command))
            if len(batch):
                return batch
            if self._taking_due and self._due == "0-0":
                break  # all were looked through, however long that took
        return self._fresh(await self._ask(self._read(limit), self._block()))

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Settle in one script what is still ours at the delivery that we had."""
        (reply,) = await self._link.many([self._commands.settle(batch, settlements)])
        return self._settled(batch, settlements, reply)

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle and take or read the next in one round trip."""
        take = self._take_command()
        commands = [self._commands.settle(batch, settlements), take or self._read(limit)]
        first, second = await self._link.many(commands, 0.0 if take else self._block())
        settled = self._settled(batch, settlements, first)
        if isinstance(second, MessagingError):
            self._lost(second)
            return settled, Batch()  # the next receive meets the same error
        return settled, self._taken(second) if take else self._fresh(second)

    async def renew(self, batch: Batch) -> bool:
        """Make what is still ours count as just delivered."""
        start = time.monotonic()
        held = bool(await self._control.one(self._commands.hold(batch, idle=0.0)) == len(batch))
        if held:
            self._repeats.prolong(start)
        return held

    async def leave(self) -> None:
        """Nothing comes that was not asked for."""

    async def hand_back(self, batch: Batch) -> None:
        """Make what is still ours due for anybody, without counting this delivery."""
        await self._control.one(self._commands.hold(batch, idle=self._options.lease, take_back=1))

    async def backlog(self) -> Backlog:
        """Ask for the group's lag and pending entries."""
        return await self._store.backlog(self._control)

    async def oldest(self) -> float | None:
        """Ask how long ago the oldest pending entry was added, in seconds; None: there is none."""
        now = await self._control.one(("TIME",))
        pending = await self._control.one(("XPENDING", self._options.destination, self._options.group))
        if not pending[0]:
            return None
        added = int(pending[1].partition(b"-")[0])
        return max(0.0, int(now[0]) + int(now[1]) / 1e6 - added / 1e3)

    async def aclose(self) -> None:
        """Leave the group, unless something is pending under our name, and close the connections."""
        if self._link.connections:
            await self._control.many([self._commands.forget(self._options.consumer, 0.0)])
        await self._link.aclose()
        await self._control.aclose()

    async def _ask(self, command: Command, wait: float = 0.0) -> Reply:
        try:
            return await self._link.one(command, wait)
        except MessagingError as error:
            self._lost(error)
            if isinstance(error, ServerRefused) and error.reply.startswith(("NOGROUP", "UNBLOCKED")):
                await self._store.prepare(self._link)  # somebody deleted the stream: begin anew
            raise

    def _settled(self, batch: Batch, settlements: Sequence[Settlement] | None, reply: Reply) -> Settled:
        if isinstance(reply, MessagingError):
            self._lost(reply)
            self._repeats.unsettled(reply)
            raise reply
        return self._repeats.judge(Settled(*reply), batch, settlements)

    def _lost(self, error: MessagingError) -> None:
        """After an unknown reply, entries may be pending under our name that we never saw."""
        if isinstance(error, ConnectionLost):
            self._own = "0-0"

    def _take_command(self) -> Command | None:
        """Return how to take an entry delivered before: our own first, then, now and then, any that is due."""
        self._repeats.ask()
        if self._own is not None:
            self._taking_due = False
            return self._commands.take("own", self._own)
        self._taking_due = self._due != "0-0" or time.monotonic() >= self._next_scan
        return self._commands.take("due", self._due) if self._taking_due else None

    def _taken(self, reply: Reply) -> Batch:
        position, dead, trimmed, *entry = reply
        self.signals.dead_on_claim += dead
        self.signals.trimmed += trimmed
        self.signals.reconnects = max(0, self._link.connections - 1)
        if not self._taking_due:
            self._own = position.decode() or None
        else:
            self._due = position.decode() or "0-0"
            self._plan_scan(found=bool(entry))
        if not entry:
            return Batch()
        self._repeats.begin()
        self.signals.reclaimed += 1
        entry_id, count, fields = entry
        return self._decoder.batch(fresh_entries([(entry_id, fields)]), count)

    def _plan_scan(self, *, found: bool) -> None:
        """Scan on at once while entries are found; else after a pause, twice as long where nothing comes at all."""
        pause = 0.0 if found else min(SCAN_SECONDS * (1 if self._busy else 2), self._options.lease / 3)
        self._next_scan, self._busy = time.monotonic() + pause, found

    def _block(self) -> float:
        return max(0.001, min(self._options.block, self._next_scan - time.monotonic()))

    def _read(self, limit: int) -> Command:
        return self._commands.read(self._budget.allows(limit), self._block())

    def _fresh(self, reply: Reply) -> Batch:
        self.signals.reconnects = max(0, self._link.connections - 1)
        if not reply:
            return Batch()
        self._repeats.begin()
        self._busy = True
        pairs = fresh_entries(reply[0][1])
        self._budget.saw([body for body, _ in pairs])
        return self._decoder.batch(pairs)


PATTERN = PatternKind(
    name="stream",
    source="stream",
    destination=keys.STREAM,
    guarantee=Guarantee(
        fan_out=False,
        persistent=True,
        delivery=DeliveryPromise.AT_LEAST_ONCE,
        order=Order.TAKEN_IN_ORDER_UNLESS_RETRIED,
        acknowledged_by="entry id",
        resumes=True,
    ),
    publisher=_publisher,
    consumer=StreamConsumer,
)
