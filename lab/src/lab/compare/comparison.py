"""`lab compare`: the same scenarios for each pattern alone, and the table of what came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from pathlib import PurePath
from statistics import median

import msgspec

from lab.common.nearest import instead
from lab.faults import FAULTS
from lab.report.result import Result
from lab.scenario.model import Scenario, ScenarioError
from lab.scenario.ready import find, ready
from lab.verdict.finding import Finding, worst
from lab.verdict.judge import bound
from messaging.patterns import PATTERNS


class Range(msgspec.Struct, frozen=True):
    """A figure over repeated runs."""

    median: float
    low: float
    high: float


class Axes(msgspec.Struct, frozen=True):
    """What is the same for all runs of a cell; None is what the scenario says."""

    scenario: str
    pattern: str
    subscribers: int | None = None
    batch: int | None = None


class Cell(msgspec.Struct, frozen=True):
    """What one pattern did in one scenario, over its runs.

    Attributes:
        axes: which.
        finding: the worst of the runs.
        reasons: why, where a run did not hold.
        folders: where the runs stand, beside the comparison.
        durability: what the server was told to keep.
        causes: why messages were lost, of all runs together.
        faults: each time that something broke, and how one knows; of all runs.
        account: totals as a run's result has them, of all runs together.
        due: how many messages could have been lost, of all runs together.
        bound: the upper 95 % bound of the share lost when none was, else None.
        sent_per_second, processed_per_second, p50_seconds, p99_seconds, p999_seconds,
            recovery_seconds, jain: of each run.
    """

    axes: Axes
    finding: str
    reasons: tuple[str, ...]
    folders: tuple[str, ...]
    durability: str
    faults: tuple[str, ...]
    account: dict[str, int]
    due: int
    bound: float | None
    sent_per_second: Range | None
    processed_per_second: Range | None
    p50_seconds: Range | None
    p99_seconds: Range | None
    p999_seconds: Range | None
    recovery_seconds: Range | None
    jain: Range | None
    causes: dict[str, int] = {}


class Comparison(msgspec.Struct, frozen=True):
    """result.json of a comparison.

    Attributes:
        schema: the version of this format.
        began: when.
        repeated: how often each cell was run.
        versions: of what took part.
        cells: one for each pattern in each scenario.
    """

    schema: int
    began: datetime
    repeated: int
    versions: dict[str, str]
    cells: tuple[Cell, ...]


def axes(
    patterns: Sequence[str],
    faults: Sequence[str],
    subscribers: Sequence[int],
    batches: Sequence[int],
    base: Sequence[str],
) -> list[Axes]:
    """Expand the axes: the base scenarios and every ready one with one of the faults, for each pattern.

    Raises:
        ScenarioError: a name is unknown.
    """
    for fault in faults:
        if fault not in FAULTS:
            raise ScenarioError(f"unknown fault {fault}: {instead(fault, FAULTS)}")
    for pattern in patterns:
        if pattern not in PATTERNS:
            raise ScenarioError(f"unknown pattern {pattern}: {instead(pattern, PATTERNS)}")
    names = [*base, *(name for name in ready() if _strikes(find(name)[1], faults))]
    found = [
        Axes(scenario, pattern, count, batch)
        for scenario, count, batch, pattern in product(names, subscribers or (None,), batches or (None,), patterns)
        if pattern in find(scenario)[1].patterns
    ]
    if not found:
        raise ScenarioError("there is nothing to compare: name a scenario or a fault, and a pattern that takes part")
    return found


def _strikes(scenario: Scenario, faults: Iterable[str]) -> bool:
    return any(planned.fault in faults for planned in scenario.faults)


def scenario_of(one: Axes) -> Scenario:
    """Return what a cell runs."""
    _, scenario = find(one.scenario)
    settings = scenario.subscriber if one.batch is None else {**scenario.subscriber, "BATCH": one.batch}
    return msgspec.structs.replace(
        scenario,
        patterns=(one.pattern,),
        subscribers=one.subscribers or scenario.subscribers,
        subscriber=settings,
    )


def cell(one: Axes, results: Sequence[Result], folders: Sequence[str]) -> Cell:
    """Put the runs of a cell together."""
    patterns = [pattern for result in results for pattern in result.patterns]
    account = sum_up(each.account for each in patterns)
    due = sum(each.due for each in patterns)
    late = [each.figures.latency_seconds for each in patterns]
    return Cell(
        axes=one,
        finding=worst(Finding(result.finding) for result in results).value,
        reasons=tuple(dict.fromkeys(why for result in results for why in reasons(result))),
        folders=tuple(folders),
        durability=durability(results[0].scenario),
        faults=tuple(
            f"{each.label}: {each.missed or each.proof or each.doubt}" for result in results for each in result.faults
        ),
        account=account,
        due=due,
        bound=bound(due) if due and not account.get("lost") else None,
        sent_per_second=_range(each.figures.sent_per_second for each in patterns),
        processed_per_second=_range(each.figures.processed_per_second for each in patterns),
        p50_seconds=_range(some.p50 for some in late if some),
        p99_seconds=_range(some.p99 for some in late if some),
        p999_seconds=_range(some.p999 for some in late if some),
        recovery_seconds=_range(
            each.figures.recovery_seconds for each in patterns if each.figures.recovery_seconds is not None
        ),
        jain=_range(each.shares.jain for each in patterns),
        causes=sum_up(each.causes for each in patterns),
    )


def reasons(result: Result) -> Iterator[str]:
    """Return why a run did not hold: what its pattern says, and what makes the run itself prove nothing."""
    for one in result.patterns:
        yield from one.reasons
    yield from result.doubts


def run_name(axes: Axes) -> str:
    """Return what a cell's runs are called."""
    parts = (PurePath(axes.scenario).stem, axes.pattern, axes.subscribers, axes.batch)
    return "-".join(str(part) for part in parts if part)


def durability(scenario: Scenario) -> str:
    """Say in a few words what the server was told to keep."""
    kept = {"none": "memory alone", "everysec": "append-only file every second", "always": "append-only file always"}
    words = [kept[scenario.server.append_only]]
    if scenario.server.topology == "sentinel":
        words.append("a replica")
    if waits := scenario.waits_for_replicas:
        words.append(f"WAIT {waits}")
    if scenario.waits_for_fsync:
        words.append("WAITAOF")
    if "min-replicas-to-write" in scenario.server.options:
        words.append("min-replicas-to-write")
    return ", ".join(words)


def sum_up(accounts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Add up accounts, name by name."""
    totals: dict[str, int] = {}
    for account in accounts:
        for name, count in account.items():
            totals[name] = totals.get(name, 0) + count
    return totals


def _range(values: Iterable[float]) -> Range | None:
    some = list(values)
    return Range(median(some), min(some), max(some)) if some else None
