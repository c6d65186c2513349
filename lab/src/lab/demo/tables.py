"""The demo's tables, narrow enough for 100 columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from lab.demo.snapshot import PatternView, ReplicaView
from lab.verdict.finding import Finding
from lab.verdict.judge import Verdict
from lab.verdict.latency import LatencySummary

_BAR = 8
_FINE = 100  # milliseconds below which a tenth is of interest
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STYLES = {Finding.HELD: "green", Finding.BROKEN: "bold red", Finding.PROVES_NOTHING: "yellow"}


def live_table(views: Sequence[PatternView], *, narrow: bool = False) -> Table:
    """Return the present: a row for each pattern and subscriber; shares and latencies are recent.

    Args:
        views: the present.
        narrow: make do with 80 columns in place of 100, without bars.
    """
    table = _table(narrow=narrow)
    table.add_column("pattern", style="bold", no_wrap=True)
    for name in ("published", "backlog"):
        table.add_column(name, justify="right")
    table.add_column("subscriber", no_wrap=True)
    table.add_column("received", justify="right")
    table.add_column("share" if narrow else "share now", justify="right" if narrow else "left")
    for name in ("p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for view in views:
        heads = (view.pattern, f"{view.published:,}", _number(view.backlog))
        rows = [_cells(replica, narrow=narrow) for replica in view.replicas] or [("",) * 5]
        for row in rows:
            table.add_row(*heads, *row)
            heads = ("", "", "")
    return table


def comparison(
    views: Sequence[PatternView],
    verdicts: Sequence[Verdict],
    subscribers: Sequence[str],
    *,
    narrow: bool = False,
) -> Table:
    """Return the result: a row for each pattern, all numbers measured in this run.

    Args:
        views: the counts and latencies of the whole run.
        verdicts: in the same order.
        subscribers: their names, a column each.
        narrow: make do with 80 columns in place of 100, in two lines for each pattern.
    """
    table = _table(narrow=narrow)
    table.add_column("pattern", style="bold", no_wrap=True)
    names = [f"#{name.rpartition('-')[2]}" if narrow else name.replace("-", "\n") for name in subscribers]
    for name in ("published", "received", *names):
        table.add_column(name, justify="right")
    for name in ("lost", "dupli-\ncated", "p50\nms", "p99\nms"):
        table.add_column(name, justify="right")
    between = "\n" if narrow else " "
    for view, verdict in zip(views, verdicts, strict=True):
        parts = {replica.who: _part(replica, view, between) for replica in view.replicas}
        table.add_row(
            Text(view.pattern, _STYLES[verdict.finding]),
            f"{view.published:,}",
            f"{view.received:,}",
            *(parts.get(name, "-") for name in subscribers),
            _anomaly(verdict.total("lost")),
            _anomaly(verdict.total("duplicated")),
            *_milliseconds(view.latency),
        )
    return table


def _table(*, narrow: bool) -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0 if narrow else 1, 0, 0))


def _part(replica: ReplicaView, view: PatternView, between: str) -> str:
    share = replica.received / view.published if view.published else 0.0
    return f"{replica.received:,}{between}{share:4.0%}"


def _anomaly(count: int) -> Text:
    return Text(f"{count:,}", "bold yellow" if count else "")


def _cells(replica: ReplicaView, *, narrow: bool) -> tuple[str | Text, ...]:
    share = Text(f"{replica.share:4.0%}")
    if not narrow:
        share = Text.assemble((_bar(replica.share), "cyan"), " ", share)
    return replica.who, f"{replica.received:,}", share, *_milliseconds(replica.latency)


def _bar(share: float) -> str:
    eighths = round(share * _BAR * 8)
    full, part = divmod(eighths, 8)
    return f"{'█' * full}{_EIGHTHS[part].strip()}".ljust(_BAR)


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _milliseconds(latency: LatencySummary | None) -> tuple[str, str]:
    if latency is None:
        return "-", "-"
    p50, p99 = (seconds * 1000 for seconds in (latency.p50, latency.p99))
    return _figure(p50), _figure(p99)


def _figure(milliseconds: float) -> str:
    return f"{milliseconds:,.1f}" if milliseconds < _FINE else f"{milliseconds:,.0f}"
