"""The page's figures as HTML and SVG."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from lab.page.model import Rates
from lab.watch.latencies import WINDOW
from lab.watch.marks import Kind, Mark
from lab.watch.sharing import Part, Sharing
from messaging.patterns import PATTERNS

_WIDTH, _HEIGHT = 600, 60
SIGNS = {Kind.CAME: "▲", Kind.GONE: "▼", Kind.RESTARTED: "↻", Kind.REDIS_GONE: "✕", Kind.REDIS_BACK: "●"}
"""A shape for each kind of mark: colour alone tells nothing."""


def promise(pattern: str) -> str:
    """Return how a pattern's messages are shared."""
    return "every replica gets all" if PATTERNS[pattern].guarantee.fan_out else "the replicas share"


def lane(sharing: Sharing, rates: Sequence[Rates], marks: Sequence[Mark], now: float) -> str:
    """Return a pattern's way from publisher through Redis to the replicas."""
    replicas = "".join(map(_replica, sharing.parts)) or '<li class="nobody">no replica</li>'
    return (
        f'<div class="flow"><div class="stop"><h3>Publisher</h3></div>{_edge("sent", sharing.rate)}'
        f'<div class="stop"><h3>Redis</h3>{_level("waiting", sharing.waiting)}'
        f"{_level('in flight', sharing.in_flight)}</div>{_edge('received', sharing.received)}"
        f'<ul class="replicas" aria-label="Replicas">{replicas}</ul></div>'
        f'<dl class="figures">{_figures(sharing)}</dl>{chart(rates, marks, now)}'
    )


def happened(marks: Sequence[Mark]) -> str:
    """Return the marks as a list, the newest first."""
    lines = [f"<li><time>{datetime.fromtimestamp(mark.at):%H:%M:%S}</time> {_words(mark)}</li>" for mark in marks]  # noqa: DTZ006 - the reader's wall clock
    return f"<ul>{''.join(reversed(lines[-10:]))}</ul>" if lines else '<p class="quiet">Nothing yet.</p>'


def chart(rates: Sequence[Rates], marks: Sequence[Mark], now: float) -> str:
    """Return the last minutes' rates as two lines, and the marks on their axis."""
    top = max((max(sent, received) for _, sent, received in rates), default=0.0) or 1.0
    sent = _line([(at, value) for at, value, _ in rates], top, now)
    received = _line([(at, value) for at, _, value in rates], top, now)
    signs = "".join(
        f'<span class="mark" style="left:{_x(mark.at, now) / _WIDTH:.2%}" title="{escape(_plain(mark))}">'
        f"{SIGNS[mark.kind]}</span>"
        for mark in marks
        if mark.at > now - WINDOW
    )
    return (
        f'<div class="chart" role="img" aria-label="Messages a second of the last {WINDOW / 60:.0f} minutes">'
        f'<span class="top">{top:,.0f}/s</span><div class="marks">{signs}</div>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none">'
        f'<path class="sent" d="{sent}"/><path class="received" d="{received}"/></svg>'
        f'<div class="axis"><span>{WINDOW / 60:.0f} min ago</span><span class="key sent">sent</span>'
        f'<span class="key received">received</span><span>now</span></div></div>'
    )


def _replica(part: Part) -> str:
    return (
        f'<li><span class="who" title="{escape(part.who)}">{escape(part.who)}</span>'
        f'<span class="count">{part.received:,}</span><span class="rate">{part.rate:,.0f}/s</span>'
        f'<span class="bar"><i style="width:{min(part.share, 1.0):.1%}"></i></span>'
        f'<span class="share">{part.share:.0%}</span></li>'
    )


def _edge(name: str, rate: float) -> str:
    return f'<div class="edge {name}"><b>{max(0.0, rate):,.0f}</b><span>{name}/s</span></div>'


def _level(name: str, value: int | None) -> str:
    return f"<p><b>{'–' if value is None else f'{value:,}'}</b> {name}</p>"  # noqa: RUF001 - a dash for no figure


def _figures(sharing: Sharing) -> str:
    jain = "–" if sharing.jain is None else f"{sharing.jain:.3f}"  # noqa: RUF001 - a dash for no figure
    figures = {"p50": _time(sharing.p50), "p99": _time(sharing.p99), "Jain": jain, "dead letters": f"{sharing.dead:,}"}
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items())


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"  # noqa: RUF001 - a dash for no figure
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1000:,.1f} ms"


def _line(points: Sequence[tuple[float, float]], top: float, now: float) -> str:
    places = [f"{_x(at, now):.1f} {_HEIGHT - 1 - value / top * (_HEIGHT - 2):.1f}" for at, value in points]
    return f"M{'L'.join(places)}" if places else ""


def _x(at: float, now: float) -> float:
    return max(0.0, (1 - (now - at) / WINDOW) * _WIDTH)


def _words(mark: Mark) -> str:
    return f'<span class="sign" aria-hidden="true">{SIGNS[mark.kind]}</span> {escape(_plain(mark))}'


def _plain(mark: Mark) -> str:
    return f"{mark.who} {mark.kind}" if mark.who else str(mark.kind)
