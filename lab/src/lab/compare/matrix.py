"""A comparison's files: result.json, the table as HTML and Markdown, and how fair which batch size is."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

import msgspec
from matplotlib.figure import Figure

from lab.compare.comparison import Cell, Comparison
from lab.compare.rows import HEAD, row
from lab.report.folder import REPORT, RESULT
from lab.report.html import style

_MARKS = "osD^v"


def save(path: Path, comparison: Comparison) -> None:
    """Write everything into a folder that is there; raises OSError."""
    encoded = msgspec.json.format(msgspec.json.encode(comparison), indent=2)
    (path / RESULT).write_bytes(encoded + b"\n")
    (path / "table.md").write_text(markdown(comparison), encoding="utf-8")
    swept = len({one.axes.batch for one in comparison.cells}) > 1
    if swept:
        figure = fairness(comparison)
        for kind in ("png", "svg"):
            figure.savefig(path / f"fairness.{kind}", dpi=110)
    (path / REPORT).write_text("\n".join(_page(comparison, swept=swept)), encoding="utf-8")


def markdown(comparison: Comparison) -> str:
    """Return the table for a Markdown document."""
    rows = (HEAD, ("---",) * len(HEAD), *(tuple(row(one)) for one in comparison.cells))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def fairness(comparison: Comparison) -> Figure:
    """Draw how evenly work was shared over the batch sizes."""
    figure = Figure(figsize=(7.0, 4.0), layout="constrained")
    axis = figure.subplots()
    patterns = dict.fromkeys(one.axes.pattern for one in comparison.cells)
    for mark, pattern in zip(_MARKS * len(patterns), patterns, strict=False):
        points = [(one.axes.batch, one.jain.median) for one in comparison.cells if _is_point(one, pattern) and one.jain]
        axis.plot(*zip(*points, strict=True), marker=mark, label=pattern, color="#1b4965", linewidth=0.8, markersize=7)
    axis.set_xscale("log")
    axis.set_ylim(0, 1.05)
    axis.set_xlabel("BATCH, the most messages taken in one round trip")
    axis.set_ylabel("Jain's index (1: all did the same)")
    axis.grid(axis="y", linewidth=0.4, color="#bbbbbb")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, loc="lower left")
    return figure


def _is_point(one: Cell, pattern: str) -> bool:
    return one.axes.pattern == pattern and one.axes.batch is not None


def _page(comparison: Comparison, *, swept: bool) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Comparison</title>'
    yield f"<style>{style()}</style></head><body><h1>Comparison</h1>"
    yield f'<p class="quiet">{comparison.repeated} runs of each; a figure is the median, its range in parentheses.</p>'
    heads = "".join(f"<th>{escape(one)}</th>" for one in HEAD)
    yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>'
    for one in comparison.cells:
        first, *rest = row(one)
        links = " ".join(
            f'<a href="{escape(folder)}/{REPORT}">{number}</a>' for number, folder in enumerate(one.folders, 1)
        )
        yield f"<tr><td>{escape(first)} {links}</td>{''.join(f'<td>{escape(text)}</td>' for text in rest)}</tr>"
    yield "</tbody></table></div>"
    if swept:
        yield "<figure><figcaption>How evenly the work was shared</figcaption>"
        yield '<img src="fairness.svg" alt="fairness"></figure>'
    yield "</body></html>"
