"""The account's two equations, as tables that add up before the reader's eyes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.report.result import PatternResult
from lab.verdict.judge import DEAD_LETTERED, IN_REDIS, NOT_DUE

Line = tuple[str, list[int | None]]


def sums(patterns: Sequence[PatternResult]) -> Iterator[tuple[str, list[Line], Line]]:
    """Return each equation: its name, its terms and its sum, with a number for each pattern."""
    told = ("acknowledged", "failed", "unknown")
    yield "what was said of it", _lines(patterns, told), ("= attempted", _numbers(patterns, "attempted"))
    places = ("processed", DEAD_LETTERED, IN_REDIS, NOT_DUE, "lost")
    yield "where it is", _lines(patterns, places), ("= acknowledged", _numbers(patterns, "acknowledged"))


def _lines(patterns: Sequence[PatternResult], names: Sequence[str]) -> list[Line]:
    return [(f"{'+ ' if place else ''}{name}", _numbers(patterns, name)) for place, name in enumerate(names)]


def _numbers(patterns: Sequence[PatternResult], name: str) -> list[int | None]:
    return [one.account.get(name) for one in patterns]
