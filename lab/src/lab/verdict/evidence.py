"""What a verdict is drawn from: one pattern's run as message numbers, without bytes or servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.evidence.ledger import History, Interval, Ledger, Send
from lab.evidence.numbering import Numbering
from lab.evidence.residue import Residue
from lab.verdict.lost_or_duplicated import Account, Multiset, conserve
from messaging.ledger.record import ACKNOWLEDGED, FAILED


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch of a publisher.

    Attributes:
        at, told: UNIX time before it was sent, and when its outcome was known (infinite: never).
        attempted, acknowledged, failed: its messages; the rest of the attempted is unknown.
    """

    at: float
    told: float
    attempted: Sequence[int]
    acknowledged: Sequence[int] = ()
    failed: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """One batch that a handler was given.

    Attributes:
        at: UNIX time when it was.
        delivery: which delivery of them it was, from 1.
        messages: its numbers.
    """

    at: float
    delivery: int
    messages: Sequence[int]


@dataclass(slots=True)
class Evidence:
    """Everything on record about one pattern.

    Attributes:
        sent: what publishers did.
        processed: what each replica's handler was done with, in its order.
        intervals: when each replica was subscribed; every one is closed. Fan-out patterns only.
        given: what each replica's handler was given, in its order; None where that was not recorded.
        died: when each replica that did not stop in good order gave its last sign of life, in UNIX time.
        ended: when each replica that did stop in good order did so, in UNIX time.
        dead_lettered, in_redis: what stands in Redis after the run.
        letters: at which delivery each dead letter was written, the lowest.
        attempted, acknowledged, failed: what `sent` holds, together.
    """

    sent: Sequence[Sent]
    processed: Mapping[str, Sequence[int]]
    intervals: Mapping[str, Sequence[Interval]] = field(default_factory=dict)
    given: Mapping[str, Sequence[Given]] | None = None
    died: Mapping[str, float] = field(default_factory=dict)
    ended: Mapping[str, float] = field(default_factory=dict)
    dead_lettered: Multiset = field(default_factory=Counter)
    in_redis: Multiset = field(default_factory=Counter)
    letters: Mapping[int, int] = field(default_factory=dict)
    attempted: Multiset = field(init=False)
    acknowledged: Multiset = field(init=False)
    failed: Multiset = field(init=False)

    def __post_init__(self) -> None:
        """Put together what was sent."""
        self.attempted, self.acknowledged, self.failed = Counter(), Counter(), Counter()
        for batch in self.sent:
            self.attempted.update(batch.attempted)
            self.acknowledged.update(batch.acknowledged)
            self.failed.update(batch.failed)

    def account(self, processed: Multiset, places: Mapping[str, Multiset]) -> Account:
        """Draw up the account of some processed messages; see `conserve`."""
        return conserve(self.attempted, self.acknowledged, self.failed, processed, places)

    def due(self, interval: Interval) -> Multiset:
        """Return what was sent and acknowledged within an interval, so that it had to be received."""
        closed = interval.closed if interval.closed is not None else float("inf")
        due: Multiset = Counter()
        for batch in self.sent:
            if interval.opened <= batch.at and batch.told <= closed:
                due.update(batch.acknowledged)
        return due


def gather(ledger: Ledger, history: History, residue: Residue, numbering: Numbering) -> Evidence:
    """Turn what was recorded about one pattern into evidence.

    A replica that did not say when it left was subscribed until its last sign of life.
    """
    return Evidence(
        sent=[_sent(send, numbering) for send in history.sends],
        processed={
            writer: [one for effect in effects for g in effect.groups for one in numbering.of_group(g)]
            for writer, effects in history.effects.items()
        },
        intervals={
            writer: [
                Interval(one.opened, ledger.last_seen(writer) if one.closed is None else one.closed)
                for one in intervals
            ]
            for writer, intervals in history.intervals.items()
        },
        given=_given(history, numbering) if history.taken else None,
        died=_last_seen(ledger, ended=False),
        ended=_last_seen(ledger, ended=True),
        dead_lettered=Counter(map(numbering.of_id, residue.dead_lettered)),
        in_redis=Counter(map(numbering.of_id, residue.left)),
        letters={numbering.of_id(one): delivery for one, delivery in residue.letters.items()},
    )


def _last_seen(ledger: Ledger, *, ended: bool) -> dict[str, float]:
    """Return when subscribers gave their last sign of life: those that stopped in good order, or those that did not."""
    return {
        name: writer.last_seen
        for name, writer in ledger.writers.items()
        if writer.role == "subscriber" and writer.ended is ended
    }


def _given(history: History, numbering: Numbering) -> dict[str, list[Given]]:
    return {
        writer: [
            Given(one.at, one.delivery, [n for group in one.groups for n in numbering.of_group(group)]) for one in taken
        ]
        for writer, taken in history.taken.items()
    }


def _sent(send: Send, numbering: Numbering) -> Sent:
    attempted: list[int] = []
    told: dict[int, list[int]] = {ACKNOWLEDGED[0]: [], FAILED[0]: []}
    for codes, group in send.coded():
        numbers = numbering.of_group(group)
        attempted += numbers
        for code, some in told.items():
            if codes.count(code) == len(numbers):
                some.extend(numbers)
            else:
                some.extend(one for one, its in zip(numbers, codes, strict=True) if its == code)
    return Sent(send.at, send.told, attempted, told[ACKNOWLEDGED[0]], told[FAILED[0]])
