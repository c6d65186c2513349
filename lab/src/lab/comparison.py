"""`lab compare`: the same scenarios for each pattern alone, and the table of what came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from statistics import median

import msgspec

from lab.faults import FAULTS
from lab.nearest import instead
from lab.result import PatternResult, Result
from lab.scenario import Scenario, ScenarioError
from lab.scenarios import find, ready
from lab.verdict import Finding, worst
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
        folders: where the runs stand, beside the comparison.
        lost, due: messages, of all runs together.
        bound: the upper 95 % bound of the share lost when none was, else None.
        duplicated, reordered: messages, of all runs together.
        p50_seconds, p99_seconds, p999_seconds, processed_per_second, recovery_seconds, jain: of
            each run.
    """

    axes: Axes
    finding: str
    folders: tuple[str, ...]
    lost: int
    due: int
    bound: float | None
    duplicated: int
    reordered: int
    p50_seconds: Range | None
    p99_seconds: Range | None
    p999_seconds: Range | None
    processed_per_second: Range | None
    recovery_seconds: Range | None
    jain: Range | None


class Comparison(msgspec.Struct, frozen=True):
    """result.json of a comparison."""

    schema: int
    repeated: int
    versions: dict[str, str]
    cells: tuple[Cell, ...]


def axes(
    patterns: Sequence[str], faults: Sequence[str], subscribers: Sequence[int], batches: Sequence[int], base: str
) -> list[Axes]:
    """Expand the axes: the base scenario and every ready one with one of the faults, for each pattern.

    Raises:
        ScenarioError: a name is unknown.
    """
    for fault in faults:
        if fault not in FAULTS:
            raise ScenarioError(f"unknown fault {fault}: {instead(fault, FAULTS)}")
    for pattern in patterns:
        if pattern not in PATTERNS:
            raise ScenarioError(f"unknown pattern {pattern}: {instead(pattern, PATTERNS)}")
    names = [base, *(name for name in ready() if _strikes(find(name)[1], faults))]
    return [
        Axes(scenario, pattern, count, batch)
        for scenario, count, batch, pattern in product(names, subscribers or (None,), batches or (None,), patterns)
        if pattern in find(scenario)[1].patterns
    ]


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
    lost, due = _total(patterns, "lost"), sum(each.due for each in patterns)
    late = [each.figures.latency_seconds for each in patterns]
    return Cell(
        axes=one,
        finding=worst(Finding(result.finding) for result in results).value,
        folders=tuple(folders),
        lost=lost,
        due=due,
        bound=min(1.0, 3 / due) if due and not lost else None,
        duplicated=_total(patterns, "duplicated"),
        reordered=_total(patterns, "reordered"),
        p50_seconds=_range(some.p50 for some in late if some),
        p99_seconds=_range(some.p99 for some in late if some),
        p999_seconds=_range(some.p999 for some in late if some),
        processed_per_second=_range(each.figures.processed_per_second for each in patterns),
        recovery_seconds=_range(
            each.figures.recovery_seconds for each in patterns if each.figures.recovery_seconds is not None
        ),
        jain=_range(each.shares.jain for each in patterns),
    )


def _total(patterns: Iterable[PatternResult], name: str) -> int:
    return sum(each.account[name] for each in patterns)


def _range(values: Iterable[float]) -> Range | None:
    some = list(values)
    return Range(median(some), min(some), max(some)) if some else None


HEAD = ("scenario", "pattern", "finding", "lost", "at most", "twice", "order", "p50 ms", "p99 ms", "p99.9 ms")
HEAD_MORE = ("processed/s", "recovered s", "Jain")


def row(one: Cell) -> Iterator[str]:
    """Return a cell as a row of the table, under HEAD and HEAD_MORE."""
    extra = [f"{count} subscribers" for count in (one.axes.subscribers,) if count]
    extra += [f"BATCH {batch}" for batch in (one.axes.batch,) if batch]
    yield " ".join((Path(one.axes.scenario).stem, *(f"({text})" for text in extra)))
    yield from (one.axes.pattern, one.finding, f"{one.lost:,} of {one.due:,}")
    yield "" if one.bound is None else f"{one.bound:.2%}"
    yield from (f"{one.duplicated:,}", f"{one.reordered:,}")
    yield from (_shown(some, 1000) for some in (one.p50_seconds, one.p99_seconds, one.p999_seconds))
    yield from (_shown(some, 1) for some in (one.processed_per_second, one.recovery_seconds, one.jain))


def _shown(some: Range | None, times: float) -> str:
    if some is None:
        return ""
    middle, low, high = (_figure(value * times) for value in (some.median, some.low, some.high))
    return middle if low == high else f"{middle} ({low}-{high})"


def _figure(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - readable
