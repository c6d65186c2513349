"""Judges one pattern's run: what is on record against what the pattern promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lab.evidence.ledger import Interval
from lab.verdict.causes import Cause, Causes, Incidents, given_again
from lab.verdict.evidence import Evidence
from lab.verdict.finding import Finding
from lab.verdict.lost_or_duplicated import Account, Multiset, reordered
from lab.verdict.unexplained import buried, disorder, overdue
from messaging.seam.guarantee import Guarantee, Order

DEAD_LETTERED, IN_REDIS, NOT_DUE = "dead-lettered", "in Redis", "not due"
"""Places where an acknowledged message may be that was not processed."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a run was like.

    Attributes:
        rested: it came to rest: nothing moved any more.
        complete: the ledger has no holes.
        durable: the server was told to keep what it acknowledges; where it was not, a loss is
            reported and not held against the pattern.
        incidents: what happened to the server and to the way to it.
        calm: nothing was done that parts a subscriber from what it has in hand. What comes twice then has no excuse.
        unstruck: why the fault that was to strike this pattern never did; "": it did, or there was none.
        side_by_side: one subscriber handled several messages at a time. In which order it was done
            with them then says nothing of the order in which it got them, so none is judged.
    """

    rested: bool = True
    complete: bool = True
    durable: bool = True
    side_by_side: bool = False
    incidents: Incidents = field(default_factory=Incidents)
    unstruck: str = ""
    calm: bool = False


@dataclass(frozen=True, slots=True)
class IntervalAccount:
    """One time that a replica was subscribed.

    Attributes:
        replica: the writer's id.
        interval: from when to when.
        due: how many messages were sent and acknowledged within it.
        lost: those of them that the replica did not process.
    """

    replica: str
    interval: Interval
    due: int
    lost: Multiset


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one run says about one pattern.

    Attributes:
        pattern: its name.
        finding: whether its guarantee held.
        reasons: why it was broken, or why the run proves nothing.
        accounts: one for each replica of a fan-out pattern, else a single one under "".
        intervals: each time that a replica of a fan-out pattern was subscribed.
        reordered: what each replica processed after a later message of the same sender; None when no
            order was judged.
        due: how many messages (fan-out: copies) could have been lost.
        unheard: acknowledged messages of a fan-out pattern that were due to nobody.
        causes: why messages were lost; empty where what was in hand is not on record, unless nobody had to lose it.
        buried: dead-lettered by a consumer to which they no longer belonged: processed at a later delivery.
        overdue: came again far too late, though who had them lived on and is given at once what it had not settled.
    """

    pattern: str
    finding: Finding
    reasons: tuple[str, ...]
    accounts: dict[str, Account]
    intervals: tuple[IntervalAccount, ...]
    reordered: dict[str, list[int]] | None
    due: int
    unheard: int
    causes: Mapping[Cause, int] = field(default_factory=dict)
    buried: Multiset = field(default_factory=Counter)
    overdue: Multiset = field(default_factory=Counter)

    def total(self, kind: str, apart_from: frozenset[int] = frozenset()) -> int:
        """Count an anomaly, by its name in `Account`, over all accounts, apart from that of some messages."""
        found = [getattr(account, kind) for account in self.accounts.values()]
        return sum(times for some in found for one, times in some.items() if one not in apart_from)

    @property
    def loss(self) -> str:
        """How many were lost of how many; 0 with the upper 95 % bound of the share, 3 / due."""
        lost = self.total("lost")
        if lost or not self.due:
            return f"{lost:,} of {self.due:,}"
        return f"0 of {self.due:,} (at most {percent(bound(self.due))}, 95% sure)"


def bound(due: int) -> float:
    """Return the upper 95 % bound of the share lost when none of `due` was: 3 / due."""
    return min(1.0, 3 / due)


def percent(share: float) -> str:
    """Return a share in per cent, a small one with the digits that it needs."""
    return f"{share:.2%}" if share >= 0.0001 else f"{share:.5%}"  # noqa: PLR2004 - 0.01 % is the last with two


def judge(pattern: str, guarantee: Guarantee, evidence: Evidence, conditions: Conditions) -> Verdict:
    """Judge one pattern's run.

    Args:
        pattern: its name.
        guarantee: what it promises.
        evidence: what is on record.
        conditions: what the run was like.
    """
    verdict = _fan_out(pattern, evidence) if guarantee.fan_out else _shared(pattern, evidence)
    if not conditions.side_by_side:
        verdict = replace(verdict, reordered=_order(evidence))
    calm = conditions.calm and not evidence.died
    if evidence.given is not None or calm:
        verdict = replace(verdict, causes=_causes(verdict, evidence, conditions.incidents))
    again = given_again(evidence, conditions.incidents)
    late = overdue(evidence, guarantee, conditions.incidents)
    verdict = replace(verdict, buried=buried(evidence, again), overdue=late)
    doubts = list(_doubts(evidence, conditions))
    breaches = [
        *_breaches(verdict, guarantee, conditions, again),
        *_unexplained(verdict, evidence, guarantee, conditions),
    ]
    if conditions.complete and breaches:
        return replace(verdict, finding=Finding.BROKEN, reasons=tuple(breaches))
    if doubts:
        return replace(verdict, finding=Finding.PROVES_NOTHING, reasons=tuple(doubts))
    return verdict


def _shared(pattern: str, evidence: Evidence) -> Verdict:
    together: Multiset = Counter()
    for processed in evidence.processed.values():
        together.update(processed)
    places = {DEAD_LETTERED: evidence.dead_lettered, IN_REDIS: evidence.in_redis}
    accounts = {"": evidence.account(together, places)}
    due = evidence.acknowledged.total()
    return Verdict(pattern, Finding.HELD, (), accounts, (), None, due, unheard=0)


def _fan_out(pattern: str, evidence: Evidence) -> Verdict:
    accounts: dict[str, Account] = {}
    intervals: list[IntervalAccount] = []
    heard: Multiset = Counter()
    for replica in sorted({*evidence.processed, *evidence.intervals}):
        processed = Counter(evidence.processed.get(replica, ()))
        its_due: Multiset = Counter()
        for interval in evidence.intervals.get(replica, ()):
            due = evidence.due(interval)
            intervals.append(IntervalAccount(replica, interval, due.total(), due - processed))
            its_due += due
        not_due = evidence.acknowledged - its_due
        accounts[replica] = evidence.account(processed, {NOT_DUE: not_due})
        heard |= its_due
    unheard = (evidence.acknowledged - heard).total()
    copies = sum(one.due for one in intervals)
    return Verdict(pattern, Finding.HELD, (), accounts, tuple(intervals), None, copies, unheard=unheard)


def _order(evidence: Evidence) -> dict[str, list[int]]:
    late = {replica: reordered(processed, evidence.attempted) for replica, processed in evidence.processed.items()}
    return {replica: some for replica, some in late.items() if some}


def _doubts(evidence: Evidence, conditions: Conditions) -> Iterator[str]:
    if not conditions.complete:
        yield "the ledger has holes"
    if not evidence.acknowledged:
        yield "no message was acknowledged"
    if not any(evidence.processed.values()):
        yield "no message was processed"
    if not conditions.rested:
        yield "it did not come to rest"
    if conditions.unstruck:
        yield conditions.unstruck


def _breaches(verdict: Verdict, guarantee: Guarantee, conditions: Conditions, again: frozenset[int]) -> Iterator[str]:
    """Say what must not be, by the guarantee or at all."""
    if count := verdict.total("phantom"):
        yield f"{count:,} processed that nobody sent"
    if count := verdict.total("contradicted"):
        yield f"{count:,} processed of which the publisher was told that they failed"
    held_to_keep = guarantee.redelivers and conditions.durable and conditions.rested
    if held_to_keep and (count := verdict.total("lost")):
        yield f"{count:,} acknowledged ones lost"
    if count := verdict.causes.get(Cause.NONE, 0):
        yield f"{count:,} lost without a cause"
    if not guarantee.redelivers and (count := verdict.total("duplicated", apart_from=again)):
        yield f"{count:,} processed more often than they were stored"
    if guarantee.order is Order.PER_SENDER and verdict.reordered:
        late = sum(map(len, verdict.reordered.values()))
        yield f"{late:,} processed after a later one of the same sender"


def _causes(verdict: Verdict, evidence: Evidence, incidents: Incidents) -> dict[Cause, int]:
    causes, found = Causes(evidence, incidents), Counter[Cause]()
    times = Counter(one.replica for one in verdict.intervals)
    for replica, account in verdict.accounts.items():
        # Where nothing was to happen, a connection that was lost all the same is a cause, too.
        if evidence.given is not None or times[replica] <= 1:
            found += causes.of(account.lost, replica)
    return {cause: found[cause] for cause in Cause if found[cause]}


def _unexplained(verdict: Verdict, evidence: Evidence, guarantee: Guarantee, conditions: Conditions) -> Iterator[str]:
    """Say what no promise excuses."""
    calm = conditions.calm and not evidence.died
    late = 0 if conditions.side_by_side else disorder(evidence, guarantee, calm=calm)
    if late:
        yield f"{late:,} given to a handler after a later one of the same sender, none of them delivered before"
    if calm and guarantee.redelivers and (count := verdict.total("duplicated")):
        yield f"{count:,} processed again, though nothing had parted anybody from them"
    if count := verdict.buried.total():
        yield f"{count:,} dead-lettered by a consumer to which they no longer belonged"
    if count := verdict.overdue.total():
        yield f"{count:,} not given again at once to who had not settled them"
