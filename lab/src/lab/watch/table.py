"""The table of `lab watch`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from os.path import commonprefix

from rich import box
from rich.table import Table

from lab.watch.sharing import Sharing

_BAR = 6


def table(sharings: Sequence[Sharing]) -> Table:
    """Return a row for each pattern and replica."""
    found = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0))
    found.add_column("pattern", style="bold", no_wrap=True)
    for name in ("sent/s", "waiting", "in flight", "p50/99 ms", "dead", "Jain"):
        found.add_column(name, justify="right")
    found.add_column("replica", no_wrap=True)
    for name in ("received", "per s"):
        found.add_column(name, justify="right")
    found.add_column("share", no_wrap=True)
    cut = len(_common({part.who for sharing in sharings for part in sharing.parts}))
    for sharing in sharings:
        heads = _heads(sharing)
        for part in sharing.parts:
            bar = "█" * round(part.share * _BAR)
            who = f"…{part.who[cut:]}" if cut else part.who
            found.add_row(*heads, who, f"{part.received:,}", f"{part.rate:,.0f}", f"{part.share:4.0%} {bar}")
            heads = ("",) * len(heads)
        if not sharing.parts:
            found.add_row(*heads, "nobody", "", "", "")
    return found


def _common(names: Collection[str]) -> str:
    """Return what all names begin with, up to the last hyphen: pods of one Deployment differ in the end only."""
    if len(names) < 2:  # noqa: PLR2004 - nothing to tell apart
        return ""
    return commonprefix(sorted(names)).rpartition("-")[0]  # noqa: RUF071 - names are no paths


def _heads(sharing: Sharing) -> tuple[str, ...]:
    jain = "-" if sharing.jain is None else f"{sharing.jain:.3f}"
    levels = (_count(sharing.waiting), _count(sharing.in_flight))
    late = f"{_milliseconds(sharing.p50)}/{_milliseconds(sharing.p99)}"
    return (sharing.pattern, f"{sharing.rate:,.0f}", *levels, late, f"{sharing.dead:,}", jain)


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:,.0f}"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
