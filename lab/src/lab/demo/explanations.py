"""What the demo's numbers mean, one sentence or two for each pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.demo.snapshot import PatternView
from lab.evidence.ledger import Ledger
from lab.verdict.finding import Finding
from lab.verdict.judge import Verdict
from messaging.seam.guarantee import Guarantee


@dataclass(frozen=True, slots=True)
class Facts:
    """What the demo did.

    Attributes:
        killed: the subscriber that was killed.
        lease: how long unsettled messages stay with a consumer, in seconds.
        ledger: what was recorded, for the names of its writers.
    """

    killed: str
    lease: float
    ledger: Ledger


def explain(guarantee: Guarantee, view: PatternView, verdict: Verdict, facts: Facts) -> str:
    """Say who lost what, and why that is what the pattern promises, or that it is not."""
    if verdict.finding is not Finding.HELD:
        return f"{verdict.finding.value.capitalize()}: {'; '.join(verdict.reasons)}."
    if guarantee.fan_out:
        return " ".join(_fan_out(verdict, facts))
    if guarantee.redelivers:
        return " ".join(_redelivered(view, verdict, facts))
    return " ".join(_popped(verdict, facts))


def _fan_out(verdict: Verdict, facts: Facts) -> Iterator[str]:
    parts = []
    for one in verdict.intervals:
        who = facts.ledger.writers[one.replica].who
        until = " until it was killed" if who == facts.killed else ""
        parts.append(f"{who} missed {one.lost.total():,} of {one.due:,}{until}")
    yield f"Each subscriber gets all that is sent while it is subscribed: {', '.join(parts)}."
    if verdict.total("lost"):
        yield "What is on its way to a subscriber that dies, dies with it: at most once."
    yield "What is sent before it joins or after it is gone, nobody keeps for it."


def _popped(verdict: Verdict, facts: Facts) -> Iterator[str]:
    lost = verdict.total("lost")
    yield "Each message goes to one subscriber, and leaves Redis as it is popped."
    if lost:
        yield (
            f"{facts.killed} had {lost:,} in hand when it was killed: they died with it. "
            "At most once, and that is all a plain list can promise."
        )
    else:
        yield f"{facts.killed} had none in hand when it was killed; they would have died with it."


def _redelivered(view: PatternView, verdict: Verdict, facts: Facts) -> Iterator[str]:
    yield f"Each message goes to one subscriber until one has settled it. Lost: {verdict.loss}."
    if view.latency is not None and view.latency.worst > facts.lease:
        yield (
            f"What {facts.killed} held when it was killed came back when its lease of "
            f"{facts.lease:g} s was over (after {view.latency.worst:.1f} s at the latest)."
        )
    if twice := verdict.total("duplicated"):
        yield f"{twice:,} had been processed already, but not settled: at least once means twice, too."
