"""Lines over the last minutes, with marks on their axis, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import groupby

from lab.page.formatting import SIGNS
from lab.page.history import Point
from lab.watch.latencies import WINDOW
from lab.watch.marks import Mark

_WIDTH, _HEIGHT = 600, 60
Line = tuple[str, Callable[[Point], float | None]]
"""A line's name, which is its class in the stylesheet too, and its value at a point."""


def chart(
    title: str, lines: Sequence[Line], points: Sequence[Point], marks: Sequence[Mark], top: Callable[[float], str]
) -> str:
    """Return a chart of the last minutes, up to its last point.

    Args:
        title: what it shows.
        lines: what is drawn; one that has no value somewhere is broken there.
        points: the oldest first.
        marks: what happened meanwhile.
        top: writes the highest value.
    """
    now = points[-1].at if points else 0.0
    values = [value for _, of in lines for point in points if (value := of(point)) is not None]
    highest = max(values, default=0.0)
    paths = "".join(f'<path class="{name}" d="{_path(points, of, highest or 1.0, now)}"/>' for name, of in lines)
    keys = "".join(f'<span class="key {name}">{name}</span>' for name, _ in lines)
    minutes = f"{WINDOW / 60:.0f} min"
    return (
        f'<figure class="chart" role="img" aria-label="{title} of the last {minutes}, at most {top(highest)}">'
        f'<figcaption>{title}<b>{top(highest)}</b></figcaption><div class="marks">{_signs(marks, now)}</div>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'
        f'<div class="axis"><span>{minutes} ago</span>{keys}<span>now</span></div></figure>'
    )


def _signs(marks: Sequence[Mark], now: float) -> str:
    return "".join(
        f'<span class="mark" style="left:{_x(mark.at, now) / _WIDTH:.2%}" title="{escape(str(mark))}">'
        f"{SIGNS[mark.kind]}</span>"
        for mark in marks
        if now - WINDOW < mark.at <= now
    )


def _path(points: Sequence[Point], of: Callable[[Point], float | None], top: float, now: float) -> str:
    return "".join(f"M{'L'.join(part)}" for part in _parts(points, of, top, now))


def _parts(points: Sequence[Point], of: Callable[[Point], float | None], top: float, now: float) -> Iterator[list[str]]:
    """Yield the places of points side by side that have a value."""
    for known, together in groupby(points, lambda point: of(point) is not None):
        if known:
            yield [f"{_x(point.at, now):.1f} {_y((of(point) or 0.0) / top):.1f}" for point in together]


def _x(at: float, now: float) -> float:
    return max(0.0, (1 - (now - at) / WINDOW) * _WIDTH)


def _y(part: float) -> float:
    return _HEIGHT - 1 - part * (_HEIGHT - 2)
