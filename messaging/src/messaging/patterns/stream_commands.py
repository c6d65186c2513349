"""What publishers and consumers of a stream say to the server."""

from __future__ import annotations

from collections.abc import Sequence

from messaging.patterns.decoding import unacknowledged
from messaging.patterns.stored_publisher import check_type
from messaging.seam import keys
from messaging.seam.delivery import Batch
from messaging.seam.errors import GroupExists, OutOfMemory, ServerRefused
from messaging.seam.keep import Keep
from messaging.seam.options import Options
from messaging.seam.outcomes import Outcome
from messaging.seam.pattern import Backlog
from messaging.seam.settlements import Settlement
from messaging.transport.link import Command, Link, Reply, call
from messaging.transport.replies import outcome
from messaging.transport.scripts import SCRIPTS

FORGET_AFTER = 3600.0
"""A consumer that holds nothing is forgotten after so many seconds without a word."""


class StreamStore:
    """A `Store` that is a stream with a consumer group."""

    kind = "stream"

    def __init__(self, destination: str, group: str, keep: Keep) -> None:
        """Append to `destination`; `group` is the one that consumes it, and `keep` what stays as history."""
        self._destination, self._group, self._keep = destination, group, keep
        self.length: Command = ("XINFO", "GROUPS", destination) if keep else ("XLEN", destination)

    async def prepare(self, link: Link) -> None:
        """Make the stream and the group, at 0: at $ what was added before would never be delivered."""
        await check_type(link, self._destination, self.kind)
        try:
            await link.one(("XGROUP", "CREATE", self._destination, self._group, "0", "MKSTREAM"))
        except OutOfMemory:
            # At its memory limit the server refuses to make what is there already, too.
            if not await self._has_group(link):
                raise
        except GroupExists:
            pass

    async def _has_group(self, link: Link) -> bool:
        try:
            await self.backlog(link)
        except ServerRefused:
            return False
        return True

    def write(self, bodies: list[bytes]) -> list[Command]:
        """One XADD each, and the length; they travel together."""
        adds: list[Command] = [("XADD", self._destination, "*", keys.STREAM_FIELD, body) for body in bodies]
        return [*adds, self.length]

    def outcomes(self, replies: list[Reply], count: int) -> list[Outcome]:
        """Each message is acknowledged by its entry's id."""
        return [outcome(reply) for reply in replies[:count]]

    def held(self, reply: Reply) -> int | None:
        """Return how many entries are not done: of a kept history, those that the group has still to do."""
        if not self._keep:
            return int(reply)
        backlog = self._backlog(reply) or Backlog()
        return None if backlog.waiting is None else backlog.waiting + (backlog.in_flight or 0)

    async def backlog(self, link: Link) -> Backlog:
        """Waiting: the group's lag. In flight: what is pending."""
        backlog = self._backlog(await link.one(("XINFO", "GROUPS", self._destination)))
        if backlog is None:
            raise ServerRefused(f"NOGROUP {self._destination} has no group {self._group}")
        return backlog

    def _backlog(self, rows: Reply) -> Backlog | None:
        for row in rows:
            info = dict(zip(row[::2], row[1::2], strict=True))
            if info[b"name"].decode() == self._group:
                return Backlog(waiting=info[b"lag"], in_flight=info[b"pending"])
        return None


class StreamCommands:
    """Builds what a consumer sends.

    Attributes:
        removal: how settled entries go: what to keep as history; else "xackdel" where the server can, else "trim".
    """

    def __init__(self, options: Options) -> None:
        """Speak for `options.consumer` of `options.group`."""
        self._options, self.removal = options, _removal(options.keep)
        self._stream = options.destination
        self._both = [self._stream, keys.dead_letters(self._stream)]
        self._lease = int(options.lease * 1000)

    def read(self, limit: int, block: float) -> Command:
        """Read fresh entries; block is in seconds."""
        options = self._options
        return (
            *("XREADGROUP", "GROUP", options.group, options.consumer, "COUNT", limit),
            *("BLOCK", max(1, int(block * 1000)), "STREAMS", self._stream, ">"),
        )

    def take(self, whose: str, position: str) -> Command:
        """Take one entry that was delivered before: "own", or "due" from anybody."""
        options = self._options
        return call(
            *(SCRIPTS["stream_take"], self._both, options.group, options.consumer, self._lease),
            *(options.max_deliveries, self._stream, whose, position, self.removal),
        )

    def settle(self, batch: Batch, settlements: Sequence[Settlement] | None) -> Command:
        """Settle a batch."""
        options, entries = self._options, _entries(batch)
        arguments: list[str | bytes | int] = [len(entries)]
        for entry_id, count in entries:
            arguments += (entry_id, count)
        places = {entry_id: place for place, (entry_id, _) in enumerate(entries, 1)}
        for one in unacknowledged(batch, settlements):
            delay = int(options.retry_delay_after(one.count) * 1000)
            arguments += (places[one.receipt], one.kind, delay, one.error)
        return call(
            *(SCRIPTS["stream_settle"], self._both, options.group, options.consumer),
            *(options.max_deliveries, self._stream, self._lease, self.removal, *arguments),
        )

    def hold(self, batch: Batch, *, idle: float, take_back: int = 0) -> Command:
        """Set how long a batch counts as idle, in seconds."""
        options = self._options
        arguments: list[str | bytes | int] = [int(idle * 1000), take_back]
        for entry_id, count in _entries(batch):
            arguments += (entry_id, count)
        return call(SCRIPTS["stream_hold"], [self._stream], options.group, options.consumer, *arguments)

    def forget(self, consumer: str, idle: float) -> Command:
        """Forget one consumer, or with "" all, that hold nothing and were idle for so many seconds."""
        idle_ms = int(idle * 1000)
        return call(SCRIPTS["stream_forget"], [self._stream], self._options.group, consumer, idle_ms)


def fresh_entries(rows: Sequence[tuple[bytes, list[bytes]]]) -> list[tuple[bytes, bytes]]:
    """Return (body, entry id) of each entry; one without our field has an empty body, which is malformed."""
    pairs = []
    field = keys.STREAM_FIELD.encode()
    for entry_id, fields in rows:
        body = fields[1] if fields[0] == field else dict(zip(fields[::2], fields[1::2], strict=True)).get(field, b"")
        pairs.append((body, entry_id))
    return pairs


def _removal(keep: Keep) -> str:
    """Return what the settle script is told."""
    if keep.seconds:
        return f"ms {keep.seconds * 1000}"
    return f"last {keep.messages}" if keep else "trim"


def _entries(batch: Batch) -> list[tuple[bytes, int]]:
    """Return id and delivery count of each entry, ids ascending as the settle script wants them."""
    entries = [(one.receipt, one.count) for one in batch.everything]
    if batch.malformed:
        entries.sort(key=_position)
    return entries


def _position(entry: tuple[bytes, int]) -> tuple[int, int]:
    """Compare ids as numbers: as text 1-10 would come before 1-9."""
    milliseconds, _, sequence = entry[0].partition(b"-")
    return int(milliseconds), int(sequence)
