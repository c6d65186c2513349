"""The verdict once more, slow and obvious: one copy of one message at a time, from the definitions alone.

    attempted    = acknowledged + failed + unknown
    acknowledged = processed + dead-lettered + in Redis + lost, where the first that applies counts

Nothing here is taken from the lab but the patterns' promises.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from messaging.seam.guarantee import Guarantee, Order

Id = tuple[int, int]
"""A message: which life of the sender, and its count there."""
ANOMALIES = ("lost", "duplicated", "phantom", "recovered", "contradicted")


Kind = Literal["send", "attempt", "told", "process", "toggle"]


@dataclass(frozen=True)
class Step:
    """One record of one writer, or several that belong together.

    Attributes:
        kind: send: an attempt and its outcome; attempt: one without; told: the outcome of the oldest
            attempt without one; process: what `who` was done with; toggle: `who` joins, or leaves.
        kept: whether it is in the ledger; otherwise only its number is used up.
    """

    kind: Kind
    who: str = "publisher"
    life: int = 0
    counts: tuple[int, ...] = ()
    codes: str = ""
    kept: bool = True

    @property
    def ids(self) -> list[Id]:
        return [(self.life, count) for count in self.counts]


@dataclass(frozen=True)
class Story:
    """A run: what was recorded, in its order, and what was left in Redis."""

    pattern: str
    steps: tuple[Step, ...]
    dead: tuple[Id, ...] = ()
    left: tuple[Id, ...] = ()
    rested: bool = True
    durable: bool = True
    side_by_side: bool = False


@dataclass
class Sent:
    """One copy of one message, sent at one step and answered at another."""

    id: Id
    at: int
    told: int | None = None
    outcome: str = "U"


@dataclass
class Known:
    """What the ledger says."""

    sent: list[Sent] = field(default_factory=list)
    processed: dict[str, list[Id]] = field(default_factory=lambda: defaultdict(list))
    joined: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    holes: bool = False


def known(story: Story) -> Known:
    """Read what was kept of the steps, one after the other."""
    found, waiting = Known(), list[tuple[Step, list[Sent]]]()
    inside: dict[str, int] = {}
    last: dict[str, int] = {}
    skipped: set[str] = set()
    for now, step in enumerate(story.steps):
        if step.kind == "told" and not waiting:
            continue
        if step.kept:
            found.holes |= step.who in skipped
            last[step.who] = now
        else:
            skipped.add(step.who)
        _take(step, now, found, waiting, inside)
    for who, since in inside.items():
        found.joined[who].append((since, last[who]))
    return found


def _take(step: Step, now: int, found: Known, waiting: list[tuple[Step, list[Sent]]], inside: dict[str, int]) -> None:
    copies = [Sent(one, now) for one in step.ids]
    if step.kind == "told":
        attempt, copies = waiting.pop(0)
        step = Step("told", codes=attempt.codes, kept=step.kept)
    if step.kind == "attempt":
        waiting.append((step, copies))
    if step.kept and step.kind in ("send", "attempt"):
        found.sent += copies
    if step.kept and step.kind in ("send", "told"):
        for copy, code in zip(copies, step.codes, strict=True):
            copy.told, copy.outcome = now, code
    if step.kept and step.kind == "process":
        found.processed[step.who] += step.ids
    if step.kept and step.kind == "toggle":
        _toggle(step.who, now, found, inside)


def _toggle(who: str, now: int, found: Known, inside: dict[str, int]) -> None:
    if who in inside:
        found.joined[who].append((inside.pop(who), now))
    else:
        inside[who] = now


@dataclass
class Opinion:
    """What the obvious model says of a run; drawers by replica, "" where all count together."""

    finding: str
    drawers: dict[str, dict[str, list[Id]]]
    reordered: dict[str, list[Id]]
    intervals: list[tuple[str, int, list[Id]]]

    def cases(self) -> Counter[tuple[str, Id, str]]:
        """Return what went astray: kind, message, replica."""
        found = Counter(
            (kind, one, replica)
            for replica, drawers in self.drawers.items()
            for kind in ANOMALIES
            for one in drawers[kind]
        )
        return found + Counter(("reordered", one, replica) for replica, late in self.reordered.items() for one in late)


def opinion(story: Story, guarantee: Guarantee) -> Opinion:
    """Judge a run."""
    seen = known(story)
    sent = [(copy.id, copy.outcome) for copy in seen.sent]
    drawers, intervals = {}, []
    if guarantee.fan_out:
        for replica in sorted({*seen.processed, *seen.joined}):
            times = seen.joined.get(replica, [])
            due = [copy for copy in seen.sent if any(_due(copy, *each) for each in times)]
            beside = [copy.id for copy in seen.sent if copy.outcome == "A" and copy not in due]
            drawers[replica] = slowly(sent, seen.processed.get(replica, []), {"not due": beside})
            for each in times:
                mine = [copy.id for copy in due if _due(copy, *each)]
                intervals.append((replica, len(mine), without(mine, seen.processed.get(replica, []))))
    else:
        together = [one for some in seen.processed.values() for one in some]
        drawers[""] = slowly(sent, together, {"dead-lettered": story.dead, "in Redis": story.left})
    late = {who: some for who, ids in seen.processed.items() if (some := _late(ids, [one for one, _ in sent]))}
    late = {} if story.side_by_side else late
    finding = _finding(story, guarantee, seen, drawers, late)
    return Opinion(finding, drawers, late, intervals)


def _due(copy: Sent, joined: int, left: int) -> bool:
    return copy.outcome == "A" and copy.told is not None and joined <= copy.at and copy.told <= left


def _late(processed: Sequence[Id], sent: Sequence[Id]) -> list[Id]:
    """Return what came after a later one of the same life; what was sent twice has no place in the order."""
    late = []
    for place, one in enumerate(processed):
        before = processed[:place]
        if one not in before and sent.count(one) <= 1:
            later = [other for other in before if other[0] == one[0] and other > one and sent.count(other) <= 1]
            late += [one] if later else []
    return late


def _finding(
    story: Story, guarantee: Guarantee, seen: Known, drawers: dict[str, dict[str, list[Id]]], late: dict[str, list[Id]]
) -> str:
    if seen.holes:
        return "proves nothing"
    at_least_once = guarantee.redelivers
    forbidden = ["phantom", "contradicted", *(() if at_least_once else ("duplicated",))]
    forbidden += ["lost"] if at_least_once and story.durable and story.rested else []
    wrong_order = guarantee.order is Order.PER_SENDER and late
    if wrong_order or any(each[kind] for each in drawers.values() for kind in forbidden):
        return "broken"
    acknowledged = any(copy.outcome == "A" for copy in seen.sent)
    return "held" if acknowledged and any(seen.processed.values()) and story.rested else "proves nothing"


def slowly(
    sent: Iterable[tuple[Id, str]], processed: Sequence[Id], places: Mapping[str, Sequence[Id]]
) -> dict[str, list[Id]]:
    """Take each copy of each message by itself and put it into its drawer."""
    sent = list(sent)
    drawers: dict[str, list[Id]] = defaultdict(list)
    heap = {"processed": list(processed)} | {place: list(there) for place, there in places.items()}
    for one, outcome in sent:
        drawers[{"A": "acknowledged", "F": "failed", "U": "unknown"}[outcome]].append(one)
        if outcome == "A":
            place = next((place for place in heap if one in heap[place]), "lost")
            drawers[place].append(one)
            if place != "lost":
                heap[place].remove(one)
    spare = {outcome: [one for one, its in sent if its == outcome] for outcome in "FU"}
    for one in heap["processed"]:
        drawers[_surplus(one, {outcome for it, outcome in sent if it == one}, spare)].append(one)
    return drawers


def _surplus(one: Id, outcomes: set[str], spare: dict[str, list[Id]]) -> str:
    """Say what it is called that one was processed beyond what was acknowledged."""
    if not outcomes:
        return "phantom"
    for drawer, outcome in (("recovered", "U"), ("contradicted", "F")):
        if one in spare[outcome] and (outcome == "U" or outcomes == {"F"}):
            spare[outcome].remove(one)
            return drawer
    return "duplicated"


def without(some: Sequence[Id], others: Sequence[Id]) -> list[Id]:
    """Return some, less others, copy by copy."""
    rest = list(some)
    for one in others:
        if one in rest:
            rest.remove(one)
    return rest
