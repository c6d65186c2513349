"""How figures and marks are written on the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from lab.watch.marks import Kind, Mark

NONE = "–"  # noqa: RUF001 - a dash for no figure
SIGNS = {
    Kind.CAME: "▲",
    Kind.GONE: "▼",
    Kind.RESTARTED: "↻",
    Kind.REDIS_GONE: "✕",
    Kind.REDIS_BACK: "●",
    Kind.ROLLOUT: "»",
    Kind.COMPLETE: "✓",
    Kind.SCALED: "±",
    Kind.SCENARIO: "⚡",
}
"""A shape for each kind of mark: colour alone tells nothing."""
_TOLD = 12


def count(value: float | None) -> str:
    """Return a number of messages."""
    return NONE if value is None else f"{value:,.0f}"


def duration(seconds: float | None) -> str:
    """Return a duration in the unit that suits it."""
    if seconds is None:
        return NONE
    return f"{seconds:,.1f} s" if abs(seconds) >= 1 else f"{seconds * 1000:,.1f} ms"


def clock(at: float) -> str:
    """Return the time of day."""
    return f"{datetime.fromtimestamp(at):%H:%M:%S}"  # noqa: DTZ006 - the reader's wall clock


def happened(marks: Sequence[Mark]) -> str:
    """Return the marks as a list, the newest first."""
    lines = [
        f'<li><time>{clock(mark.at)}</time> <span class="sign" aria-hidden="true">{SIGNS[mark.kind]}</span> '
        f"{escape(str(mark))}</li>"
        for mark in marks
    ]
    return f"<ul>{''.join(reversed(lines[-_TOLD:]))}</ul>" if lines else '<p class="quiet">Nothing yet.</p>'
