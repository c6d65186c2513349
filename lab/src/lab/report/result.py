"""result.json: one run in numbers. Its schema stands in docs/result.schema.json."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from lab.report.fault_result import FaultResult, fault_results
from lab.report.run_record import Observed
from lab.scenario.model import Scenario
from lab.verdict.cases import Case, cases
from lab.verdict.fairness import fairness
from lab.verdict.judge import Verdict
from lab.verdict.latency import LatencySummary, summarize
from messaging.patterns import PATTERNS

if TYPE_CHECKING:
    from lab.report.figures import Flow

SCHEMA = 1
LISTED = 100
"""How many ids result.json lists; all of them stand in ids.csv."""


class PhaseResult(msgspec.Struct, frozen=True):
    """A phase; `at_seconds` is after the start of the load, so that it is negative before."""

    name: str
    at_seconds: float
    seconds: float


class Shares(msgspec.Struct, frozen=True):
    """How evenly the replicas that lived shared what was processed; a spread of null is infinite."""

    jain: float
    spread: float | None
    gini: float
    processed_by: dict[str, int]


class Figures(msgspec.Struct, frozen=True):
    """What was measured, without the warm-up.

    Attributes:
        asked_per_second: what the waves of an open loop asked for, on average over their time.
        sent_per_second: what was reached.
        processed_per_second: over the same time, until the last message.
        latency_seconds: from the intended send until the handler had it.
        recovery_seconds: how long after a fault struck messages still came late, the longest of all faults.
    """

    asked_per_second: float | None
    sent_per_second: float
    processed_per_second: float
    latency_seconds: LatencySummary | None
    recovery_seconds: float | None


class PatternResult(msgspec.Struct, frozen=True):
    """One pattern: its verdict, its account, its figures.

    Attributes:
        account: totals over all replicas, in messages (fan-out: in copies, one for each replica);
            without `reordered` where no order was judged (CONCURRENCY above 1).
        due: how many could have been lost; `loss` is in words, 0 with its upper 95 % bound.
        cases: the first that went astray; `cases_in_all` counts them.
        causes: why messages were lost, in messages; empty where what was in hand was not recorded.
    """

    pattern: str
    finding: str
    reasons: tuple[str, ...]
    promise: str
    account: dict[str, int]
    due: int
    loss: str
    unheard: int
    figures: Figures
    shares: Shares
    cases: tuple[Case, ...]
    cases_in_all: int
    causes: dict[str, int] = {}


class Result(msgspec.Struct, frozen=True):
    """One run.

    Attributes:
        schema: the version of this format.
        finding: "held", "broken" or "proves nothing", the worst of all patterns.
        doubts: why the run proves nothing, beyond the patterns' reasons.
        notes: what a reader should know.
        clock_offset_seconds, clock_error_seconds: the server's clock minus ours, and how sure that is.
    """

    schema: int
    scenario_name: str
    run: str
    target: str
    finding: str
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    began: datetime
    phases: tuple[PhaseResult, ...]
    faults: tuple[FaultResult, ...]
    patterns: tuple[PatternResult, ...]
    clock_offset_seconds: float | None
    clock_error_seconds: float | None
    versions: dict[str, str]
    scenario: Scenario


def result_of(observed: Observed) -> Result:
    """Put a run into numbers."""
    start = observed.start if observed.start != float("inf") else observed.began
    patterns = tuple(_pattern(observed, verdict) for verdict in observed.verdicts)
    return Result(
        schema=SCHEMA,
        scenario_name=observed.name,
        run=observed.run,
        target=observed.site.target,
        finding=observed.finding.value,
        doubts=tuple(observed.doubts),
        notes=(*observed.notes, *_missed_rates(patterns)),
        began=datetime.fromtimestamp(observed.began, UTC),
        phases=tuple(
            PhaseResult(one.name, one.began - start, (one.ended or one.began) - one.began) for one in observed.phases
        ),
        faults=fault_results(observed),
        patterns=patterns,
        clock_offset_seconds=observed.clock.seconds if observed.clock else None,
        clock_error_seconds=observed.clock.error if observed.clock else None,
        versions=observed.versions,
        scenario=observed.scenario,
    )


def _pattern(observed: Observed, verdict: Verdict) -> PatternResult:
    from lab.report.figures import flow  # noqa: PLC0415 - numpy takes a while to import

    of = flow(observed, verdict.pattern)
    astray = cases(verdict, observed.numbering)
    listed = tuple(islice(astray, LISTED))
    return PatternResult(
        pattern=verdict.pattern,
        finding=verdict.finding.value,
        reasons=verdict.reasons,
        promise=str(PATTERNS[verdict.pattern].guarantee.delivery),
        account=account(verdict),
        due=verdict.due,
        loss=verdict.loss,
        unheard=verdict.unheard,
        figures=_figures(observed, of),
        shares=_shares(of),
        cases=listed,
        cases_in_all=len(listed) + sum(1 for _ in astray),
        causes={cause.value: count for cause, count in verdict.causes.items()},
    )


def account(verdict: Verdict) -> dict[str, int]:
    """Return the account's totals by name; the places of `elsewhere` stand among them."""
    names = ("attempted", "acknowledged", "failed", "unknown", "processed")
    totals = {name: verdict.total(name) for name in names}
    for one in verdict.accounts.values():
        for place, there in one.elsewhere.items():
            totals[place] = totals.get(place, 0) + there.total()
    totals |= {name: verdict.total(name) for name in ("lost", "recovered", "duplicated", "phantom", "contradicted")}
    if verdict.reordered is None:
        return totals
    return totals | {"reordered": sum(map(len, verdict.reordered.values()))}


def _figures(observed: Observed, of: Flow) -> Figures:
    from lab.report.figures import recovery  # noqa: PLC0415

    seconds = max((float(some.max()) for some in (of.sent, of.processed) if len(some)), default=1.0)
    sent_for = float(of.sent.max() - of.sent.min()) if len(of.sent) > 1 else 1.0
    struck = [one.at - observed.start for one in observed.strikes]
    return Figures(
        asked_per_second=_asked(observed.scenario),
        sent_per_second=len(of.sent) / max(sent_for, 1e-9),
        processed_per_second=len(of.processed) / seconds,
        latency_seconds=summarize([array("f", of.late.astype("f").tobytes())]),
        recovery_seconds=recovery(of, struck) if struck else None,
    )


def _asked(scenario: Scenario) -> float | None:
    waves = [(wave.rate_per_second or 0.0) * wave.for_seconds * wave.publishers for wave in scenario.load]
    first = min(wave.from_seconds for wave in scenario.load)
    if any(wave.rate_per_second is None for wave in scenario.load):
        return None
    return sum(waves) / (scenario.load_seconds - first)


def _shares(of: Flow) -> Shares:
    amounts = {who: len(times) for who, times in of.by.items()}
    measured = fairness(list(amounts.values()) or [0])
    spread = None if measured.spread == float("inf") else measured.spread
    return Shares(measured.jain, spread, measured.gini, amounts)


def _missed_rates(patterns: tuple[PatternResult, ...]) -> list[str]:
    figures = ((one.pattern, one.figures.asked_per_second, one.figures.sent_per_second) for one in patterns)
    return [
        f"{pattern}: {asked:,.0f} messages/s were asked for, {sent:,.0f} reached."
        for pattern, asked, sent in figures
        if asked is not None and sent < 0.9 * asked
    ]
