"""A comparison's table: a row for each cell, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lab.compare.comparison import Cell, Range
from lab.report.fault_result import why_lost
from lab.verdict.judge import percent

_THOUSAND = 1000

HEAD = (
    *("scenario", "pattern", "finding", "lost", "at most", "duplicated", "reordered"),
    *("p50 ms", "p99 ms", "p99.9 ms", "processed/s", "recovered s", "Jain", "lost because"),
)


def row(one: Cell) -> Iterator[str]:
    """Return a cell as a row of the table, under HEAD."""
    extra = [f"{count} subscribers" for count in (one.axes.subscribers,) if count]
    extra += [f"BATCH {batch}" for batch in (one.axes.batch,) if batch]
    yield " ".join((Path(one.axes.scenario).stem, *(f"({text})" for text in extra)))
    yield from (one.axes.pattern, one.finding, f"{one.account.get('lost', 0):,} of {one.due:,}", bound(one))
    yield from (count(one, "duplicated"), count(one, "reordered"))
    yield from (shown(some, _THOUSAND) for some in (one.p50_seconds, one.p99_seconds, one.p999_seconds))
    yield from (shown(some) for some in (one.processed_per_second, one.recovery_seconds, one.jain))
    yield why_lost(one.causes)


def line(one: Cell) -> str:
    """Return a cell as one line, each figure behind its name; what was not measured is left out."""
    scenario, pattern, finding, *figures = row(one)
    named = (f"{name} {figure}" for name, figure in zip(HEAD[3:], figures, strict=True) if figure not in {"", "-"})
    return f"{scenario}, {pattern}: {'; '.join((finding, *named))}"


def bound(one: Cell) -> str:
    """Return how much of the whole may be lost although nothing was, "" where something was."""
    return "" if one.bound is None else percent(one.bound)


def count(one: Cell, name: str) -> str:
    """Return a total of the account; a dash where it was not judged."""
    found = one.account.get(name)
    return "-" if found is None else f"{found:,}"


def shown(some: Range | None, times: float = 1) -> str:
    """Return a figure with its range; "" where there is none."""
    if some is None:
        return ""
    middle, low, high = (_figure(value * times) for value in (some.median, some.low, some.high))
    return middle if low == high else f"{middle} ({low}-{high})"


def _figure(value: float) -> str:
    if abs(value) < 0.0005:  # noqa: PLR2004 - what would be shown as 1e-05
        return "0"
    return f"{value:.3g}" if abs(value) < _THOUSAND - 0.5 else f"{value:,.0f}"
