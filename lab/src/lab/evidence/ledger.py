"""What the services recorded, put together: who did what and when, for each pattern."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from messaging.ledger import (
    Attempt,
    Began,
    Effects,
    Ended,
    Entry,
    Group,
    Outcomes,
    Received,
    Subscription,
)
from messaging.ledger.record import UNKNOWN, floats


@dataclass(slots=True)
class Writer:
    """One process that wrote: a replica in one of its lives.

    Attributes:
        who: its name, shared by its lives.
        role: "publisher" or "subscriber".
        pid: its process, on its own host.
        entries: how many records have been read; their numbers run without a gap.
        missing: records that are not there, by the numbers of those that are.
        last_seen: UNIX time of its last record.
        ended: whether it stopped in good order.
    """

    who: str = ""
    role: str = ""
    pid: int = 0
    entries: int = 0
    missing: int = 0
    last_seen: float = -math.inf
    ended: bool = False


@dataclass(slots=True)
class Send:
    """One batch of a publisher.

    Attributes:
        at: UNIX time just before it was sent.
        told: UNIX time just after its outcome was known; infinite while it is not.
        groups: its messages.
        codes: the outcome of each, or one for all; unknown until it was recorded.
        reason: the first error's text.
    """

    at: float
    groups: tuple[Group, ...]
    told: float = math.inf
    codes: bytes = UNKNOWN
    reason: str = ""

    def __len__(self) -> int:
        """Count its messages."""
        return sum(map(len, self.groups))

    def coded(self) -> Iterator[tuple[bytes, Group]]:
        """Return the messages group by group, each with its codes, one a message."""
        codes = self.codes * len(self) if len(self.codes) == 1 else self.codes
        for group in self.groups:
            yield codes[: len(group)], group
            codes = codes[len(group) :]


@dataclass(slots=True)
class Effect:
    """One batch that a handler was done with.

    Attributes:
        at: UNIX time when it was done.
        began: UNIX time when the handler got it; latencies end there.
        groups: its messages.
    """

    at: float
    began: float
    groups: tuple[Group, ...]

    def __len__(self) -> int:
        """Count its messages."""
        return sum(map(len, self.groups))

    def latencies(self) -> Iterator[array[float]]:
        """Return the latencies of its groups, in seconds."""
        return (floats(group.latencies) for group in self.groups)


@dataclass(slots=True)
class Taken:
    """One batch that a handler was given.

    Attributes:
        at: UNIX time when it was.
        delivery: which delivery of them it was, from 1.
        groups: its messages.
    """

    at: float
    delivery: int
    groups: tuple[Group, ...]

    def __len__(self) -> int:
        """Count its messages."""
        return sum(map(len, self.groups))


@dataclass(slots=True)
class Interval:
    """When a replica was subscribed, in UNIX time; open while `closed` is None."""

    opened: float
    closed: float | None = None


@dataclass(slots=True)
class History:
    """What happened at one destination.

    Attributes:
        destination: its name in Redis.
        sends: what publishers did, in the order in which it was read.
        effects: what each writer's handler did, in its order.
        taken: what each writer's handler was given, in its order, where that was recorded.
        hands: what each writer has in hand.
        intervals: when each writer was subscribed; kept for fan-out patterns alone.
        attempted, received: messages so far; received by writer.
    """

    destination: str
    sends: list[Send] = field(default_factory=list)
    effects: dict[str, list[Effect]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[str, list[Taken]] = field(default_factory=lambda: defaultdict(list))
    hands: dict[str, Taken] = field(default_factory=dict)
    intervals: dict[str, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    attempted: int = 0
    received: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Ledger:
    """Everything that has been read so far.

    Attributes:
        writers: who wrote, by id.
        histories: what happened, by pattern.
        untold: attempts that have no outcome yet, by writer and number.
        orphans: outcomes of attempts that are not on record, or of another number of messages.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.writers: dict[str, Writer] = {}
        self.histories: dict[str, History] = {}
        self.orphans = 0
        self.untold: dict[tuple[str, int], Send] = {}

    @property
    def missing(self) -> int:
        """Records that must have been written and are not there."""
        return self.orphans + sum(writer.missing for writer in self.writers.values())

    def apply(self, writer_id: str, entry: Entry) -> None:
        """Take one element of a writer's list, in the list's order; a repeated one changes nothing."""
        writer = self.writers.setdefault(writer_id, Writer())
        if entry.seq <= writer.entries + writer.missing:
            return
        writer.missing = entry.seq - 1 - writer.entries
        writer.entries += 1
        writer.last_seen = max(writer.last_seen, entry.time)
        self._take(writer_id, writer, entry)

    def last_seen(self, writer_id: str) -> float:
        """Return the UNIX time of a writer's last sign of life."""
        return self.writers[writer_id].last_seen

    def _take(self, writer_id: str, writer: Writer, entry: Entry) -> None:
        match entry.record:
            case Began(who, role, _, pid):
                writer.who, writer.role, writer.pid = who, role, pid
            case Attempt(pattern, destination, groups):
                self._attempted(writer_id, entry, self._history(pattern, destination), groups)
            case Outcomes() as outcomes:
                self._told(writer_id, entry.time, outcomes)
            case Received(pattern, destination, delivery, groups):
                history = self._history(pattern, destination)
                history.hands[writer_id] = Taken(entry.time, delivery, groups)
                history.taken[writer_id].append(history.hands[writer_id])
            case Effects(pattern, destination, began, groups):
                effect = Effect(entry.time, began, groups)
                history = self._history(pattern, destination)
                history.hands.pop(writer_id, None)
                history.effects[writer_id].append(effect)
                history.received[writer_id] += len(effect)
            case Subscription() as change:
                self._subscribed(writer_id, change)
            case Ended():
                writer.ended = True

    def _history(self, pattern: str, destination: str) -> History:
        return self.histories.setdefault(pattern, History(destination))

    def _attempted(self, writer_id: str, entry: Entry, history: History, groups: tuple[Group, ...]) -> None:
        send = Send(entry.time, groups)
        self.untold[writer_id, entry.seq] = send
        history.sends.append(send)
        history.attempted += len(send)

    def _told(self, writer_id: str, time: float, outcomes: Outcomes) -> None:
        send = self.untold.pop((writer_id, outcomes.of), None)
        if send is None or len(outcomes.codes) not in (1, len(send)):
            self.orphans += 1
        else:
            send.told, send.codes, send.reason = time, outcomes.codes, outcomes.reason

    def _subscribed(self, writer_id: str, change: Subscription) -> None:
        intervals = self._history(change.pattern, change.destination).intervals[writer_id]
        if change.state == "open":
            intervals.append(Interval(change.at))
        elif intervals:
            intervals[-1].closed = change.at
