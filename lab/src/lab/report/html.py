"""report.html: one file that opens anywhere, also offline."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from lab.report.fault_result import FaultResult, why_lost
from lab.report.result import LISTED, PatternResult, Result
from lab.report.sums import sums
from lab.report.timelines import Timeline
from lab.scenario.model import write

_CSS = Path(__file__).with_name("page.css")
_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    "<title>{title}</title><style>{style}</style></head><body>"
)


def style() -> str:
    """Return the style sheet of every page that stays of a run."""
    return _CSS.read_text(encoding="utf-8")


def page(result: Result, timelines: Sequence[Timeline], plots: Mapping[str, tuple[str, bytes]]) -> str:
    """Return the whole report.

    Args:
        result: the run in numbers.
        timelines: of lost messages.
        plots: by name, the caption and the SVG.
    """
    title = f"{result.scenario_name}: {result.finding}"
    parts = [_HEAD.format(title=escape(title), style=style())]
    parts += [*_verdict(result), *_figures(result), *_accounts(result), *_faults(result)]
    parts += [*_plots(plots), *_shares(result), *_cases(result), *_timelines(timelines), *_conditions(result)]
    return "\n".join([*parts, "</body></html>"])


def table(head: Iterable[str], rows: Iterable[Iterable[object]], kind: str = "") -> str:
    """Return a table; a cell that is no text is a number, None a dash."""
    cells = [tuple(row) for row in rows]
    words = {place for row in cells for place, one in enumerate(row) if isinstance(one, str)}
    heads = "".join(
        f'<th class="text">{escape(one)}</th>' if place in words else f"<th>{escape(one)}</th>"
        for place, one in enumerate(head)
    )
    lines = "".join(f"<tr>{''.join(_cell(one) for one in row)}</tr>" for row in cells)
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _cell(value: object) -> str:
    if value is None:
        return "<td>&ndash;</td>"
    if isinstance(value, float):
        return f"<td>{value:,.0f}</td>" if abs(value) >= 100 else f"<td>{value:,.3g}</td>"  # noqa: PLR2004 - readable
    if isinstance(value, int):
        return f"<td>{value:,}</td>"
    return f'<td class="text">{escape(str(value))}</td>'


def _verdict(result: Result) -> Iterator[str]:
    yield f"<h1>{escape(result.scenario_name)}</h1>"
    yield f'<p class="quiet">{escape(result.scenario.about)}</p>'
    kind = result.finding.replace(" ", "-")
    yield f'<p>Over all patterns the guarantee: <span class="finding {kind}">{escape(result.finding)}</span></p>'
    for text in (*result.doubts, *result.notes):
        yield f"<p>{escape(text)}</p>"
    head = ("pattern", "finding", "promise", "lost", "lost because", "duplicated", "reordered", "why")
    rows = (
        (
            one.pattern,
            one.finding,
            one.promise,
            one.loss,
            why_lost(one.causes),
            one.account["duplicated"],
            one.account.get("reordered"),
            "; ".join(one.reasons),
        )
        for one in result.patterns
    )
    yield table(head, rows)


def _figures(result: Result) -> Iterator[str]:
    yield "<h2>Figures</h2>"
    head = (
        "pattern",
        "asked/s",
        "sent/s",
        "processed/s",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "worst ms",
        "recovered after s",
    )
    yield table(head, map(_figures_row, result.patterns))
    yield '<p class="quiet">Without the warm-up. Latency runs from the intended send until the handler has the message.'
    if result.clock_error_seconds is not None and result.clock_offset_seconds is not None:
        offset, error = result.clock_offset_seconds * 1000, result.clock_error_seconds * 1000
        yield f" The server's clock is {offset:+.2f} ms &plusmn; {error:.2f} ms off ours."
    yield "</p>"


def _figures_row(one: PatternResult) -> Iterator[object]:
    figures, late = one.figures, one.figures.latency_seconds
    yield from (one.pattern, figures.asked_per_second, figures.sent_per_second, figures.processed_per_second)
    for seconds in (late.p50, late.p99, late.p999, late.worst) if late else (None,) * 4:
        yield None if seconds is None else seconds * 1000
    yield figures.recovery_seconds


def _accounts(result: Result) -> Iterator[str]:
    yield "<h2>Account</h2><p>Every message is somewhere. Two sums must come out, for each pattern:</p>"
    for heading, terms, total in sums(result.patterns):
        rows = "".join(f"<tr>{_cell(name)}{''.join(map(_cell, values))}</tr>" for name, values in terms)
        last = f'<tr class="sum">{_cell(total[0])}{"".join(map(_cell, total[1]))}</tr>'
        heads = "".join(f"<th>{escape(one)}</th>" for one in (heading, *(one.pattern for one in result.patterns)))
        yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}{last}</tbody></table></div>'
    head = ("beside them", *(one.pattern for one in result.patterns))
    names = ("recovered", "duplicated", "phantom", "contradicted", "reordered")
    yield table(head, [(name, *(one.account.get(name) for one in result.patterns)) for name in names])
    yield '<p class="quiet">Pub/sub is counted in copies, one for each subscriber.'
    yield " docs/lab.md says what each word means.</p>"


def _faults(result: Result) -> Iterator[str]:
    if result.faults:
        yield "<h2>Faults</h2>"
        rows = (
            (
                str(number),
                one.fault,
                one.label,
                one.at_seconds,
                one.healed_at_seconds,
                _proof(one),
            )
            for number, one in enumerate(result.faults, 1)
        )
        yield table(("number", "fault", "what", "at s", "until s", "how one knows"), rows)


def _proof(one: FaultResult) -> str:
    """Say how one knows that it happened, and in its moment."""
    if one.missed:
        return f"missed its moment: {one.missed}"
    if not one.proof:
        return f"not confirmed: {one.doubt}"
    return "; ".join(filter(None, (one.proof, one.hit)))


def _plots(plots: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    yield "<h2>Over time</h2>"
    for name, (caption, svg) in plots.items():
        data = base64.b64encode(svg).decode()
        yield f"<figure><figcaption>{escape(caption)}</figcaption>"
        yield f'<img alt="{name}" src="data:image/svg+xml;base64,{data}"></figure>'


def _shares(result: Result) -> Iterator[str]:
    yield "<h2>Fairness</h2>"
    rows = ((one.pattern, one.shares.jain, one.shares.spread, one.shares.gini) for one in result.patterns)
    yield table(("pattern", "Jain", "most / least", "Gini"), rows)
    yield '<p class="quiet">Over all subscribers that processed anything,'
    yield " also those that lived for a part of the run.</p>"


def _cases(result: Result) -> Iterator[str]:
    yield "<h2>Messages that went astray</h2>"
    for one in result.patterns:
        if one.cases:
            rows = [
                (case.kind, case.id, case.sender, case.replica.rpartition(":")[0] or case.replica, case.times)
                for case in one.cases
            ]
            more = (
                f", the first {LISTED} of {one.cases_in_all:,}; all are in ids.csv" if one.cases_in_all > LISTED else ""
            )
            yield f"<details><summary>{one.pattern}: {one.cases_in_all:,}{more}</summary>"
            yield table(("kind", "id", "sender", "replica", "times"), rows) + "</details>"
        else:
            yield f"<p>{one.pattern}: none</p>"


def _timelines(timelines: Sequence[Timeline]) -> Iterator[str]:
    if timelines:
        yield "<h2>Lost messages</h2>"
    for one in timelines:
        whose = f" to {one.replica}" if one.replica else ""
        yield f"<details><summary><code>{escape(one.id)}</code> by {escape(one.pattern)}{escape(whose)}</summary>"
        yield table(("at s", "what"), [(f"{at:.3f}", what) for at, what in one.moments], "timeline") + "</details>"


def _conditions(result: Result) -> Iterator[str]:
    yield "<h2>Conditions</h2>"
    yield table(("phase", "at s", "seconds"), [(one.name, one.at_seconds, one.seconds) for one in result.phases])
    yield table(("what", "version"), result.versions.items())
    yield f"<details><summary>scenario</summary><pre>{escape(write(result.scenario).decode())}</pre></details>"
    began = f"{result.began:%Y-%m-%d %H:%M:%S} UTC"
    yield f'<p class="quiet">Run {escape(result.run)} on target {escape(result.target)}, {began}</p>'
