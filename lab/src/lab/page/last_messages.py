"""The last messages, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from lab.page.formatting import clock, duration
from messaging.telemetry.last_messages import Passed

_HEADS = ("received", "pattern", "message", "sender", "on its way", "by", "trace")


def passed(messages: Sequence[tuple[str, Passed]], trace_url: str) -> str:
    """Return a table of messages.

    Args:
        messages: the newest first, each with who received it.
        trace_url: Jaeger's address as browsers reach it; "": there is none.
    """
    if not messages:
        return '<p class="quiet">None yet. Subscribers that have a PROBE_PORT tell of two a second.</p>'
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "".join(_row(who, one, trace_url) for who, one in messages)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(who: str, one: Passed, trace_url: str) -> str:
    again = f" (delivery {one.delivery})" if one.delivery > 1 else ""
    what = one.text or f"#{one.count}"
    cells = (clock(one.at), one.pattern, what + again, one.sender, duration(one.seconds), who)
    told = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr title="{escape(one.id)}">{told}<td>{_trace(one.trace, trace_url)}</td></tr>'


def _trace(trace: str, url: str) -> str:
    if not trace:
        return '<span class="quiet">not sampled</span>'
    short = f"{escape(trace[:8])}…"
    if not url:
        return f'<span title="{escape(trace)}">{short}</span>'
    return f'<a href="{escape(url.rstrip("/"))}/trace/{quote(trace)}" target="_blank" rel="noopener">{short}</a>'
