"""A pattern's way from the publisher through Redis to the replicas, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lab.page.chart import Line, chart
from lab.page.formatting import NONE, count, duration
from lab.page.history import Point
from lab.watch.marks import Mark
from lab.watch.sharing import Part, Sharing
from messaging.patterns import PATTERNS

_RATES: tuple[Line, ...] = (("sent", lambda point: point.sent), ("received", lambda point: point.received))
_LATENCIES: tuple[Line, ...] = (("p50", lambda point: point.p50), ("p99", lambda point: point.p99))
_WAITING: tuple[Line, ...] = (("waiting", lambda point: point.waiting),)


def promise(pattern: str) -> str:
    """Return how a pattern's messages are shared."""
    return "every replica gets all" if PATTERNS[pattern].guarantee.fan_out else "the replicas share"


def lane(sharing: Sharing, letters: int | None) -> str:
    """Return what goes where now.

    Args:
        sharing: how the pattern's messages are shared.
        letters: how many dead letters there are; None: nobody has looked.
    """
    replicas = "".join(map(_replica, sharing.parts)) or '<li class="nobody">no replica</li>'
    return (
        f'<div class="flow"><div class="stop"><h3>Publisher</h3></div>{_edge("sent", sharing.rate)}'
        f'<div class="stop"><h3>Redis</h3>{_levels(sharing)}</div>{_edge("received", sharing.received)}'
        f'<ul class="replicas" aria-label="Replicas" tabindex="0">{replicas}</ul></div>'
        f'<dl class="figures">{_figures(sharing, letters)}</dl>'
    )


def charts(pattern: str, points: Sequence[Point], marks: Sequence[Mark]) -> str:
    """Return the last minutes' lines: rates, latency, and what waits where something can."""
    found = chart("Messages a second", _RATES, points, marks, lambda top: f"{top:,.0f}/s")
    found += chart("Latency", _LATENCIES, points, marks, duration)
    if PATTERNS[pattern].guarantee.persistent:
        found += chart("Waiting", _WAITING, points, marks, count)
    return f'<div class="charts">{found}</div>'


def _replica(part: Part) -> str:
    return (
        f'<li><span class="who" title="{escape(part.who)}">{escape(part.who)}</span>'
        f'<span class="count">{part.received:,}</span><span class="rate">{part.rate:,.0f}/s</span>'
        f'<span class="bar"><i style="width:{min(part.share, 1.0):.1%}"></i></span>'
        f'<span class="share">{part.share:.0%}</span></li>'
    )


def _edge(name: str, rate: float) -> str:
    return f'<div class="edge {name}"><b>{max(0.0, rate):,.0f}</b><span>{name}/s</span></div>'


def _levels(sharing: Sharing) -> str:
    if not PATTERNS[sharing.pattern].guarantee.persistent:
        return "<p>keeps nothing</p>"
    return f"<p><b>{count(sharing.waiting)}</b> waiting</p><p><b>{count(sharing.in_flight)}</b> in flight</p>"


def _figures(sharing: Sharing, letters: int | None) -> str:
    figures = {
        "replicas": f"{len(sharing.parts)}",
        "p50 of 2 min": duration(sharing.p50),
        "p99 of 2 min": duration(sharing.p99),
        "Jain's index": NONE if sharing.jain is None else f"{sharing.jain:.3f}",
        "dead letters": count(letters if letters is not None else sharing.dead),
    }
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items())
