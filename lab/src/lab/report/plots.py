"""The plots of a run, readable in grey: lines differ by their dashes, areas by their hatches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from lab.report.figures import Flow, Numbers, edges, flow, percentile, rate
from lab.report.run_record import Observed
from messaging.patterns import PATTERNS

_WIDTH, _ROW = 10.0, 1.75
_GREYS = ("#1b4965", "#5fa8d3", "#cae9ff", "#7f7f7f", "#d9d9d9", "#444444")
_HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---")
_STYLES = ("-", "--", ":", "-.")
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Scene:
    """What all plots of a run share.

    Attributes:
        observed: the run.
        flows: by pattern.
        spans: the edges of the spans of time over which is counted.
    """

    observed: Observed
    flows: dict[str, Flow]
    spans: Numbers

    @property
    def middles(self) -> Numbers:
        """The middle of each span."""
        return (self.spans[:-1] + self.spans[1:]) / 2


def scene(observed: Observed) -> Scene:
    """Prepare the plots of a run."""
    flows = {pattern: flow(observed, pattern) for pattern in observed.scenario.patterns}
    return Scene(observed, flows, edges(*flows.values()))


def draw(of: Scene) -> Iterator[tuple[str, str, Figure]]:
    """Draw every plot: its name, its caption and the figure."""
    for name, (caption, unit, row) in _PLOTS.items():
        patterns = [pattern for pattern in of.flows if name != "backlog" or pattern in of.observed.backlog]
        if patterns:
            yield name, caption, _rows(of, patterns, unit, row)


def _rows(of: Scene, patterns: Sequence[str], unit: str, row: Callable[[Axes, Scene, str], None]) -> Figure:
    """One row for each pattern, over one axis of time."""
    height = _ROW * len(patterns) + 1.0
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.subplots(len(patterns), 1, sharex=True, squeeze=False)[:, 0]
    for axis, pattern in zip(axes, patterns, strict=True):
        row(axis, of, pattern)
        axis.set_ylabel(unit)
        axis.set_title(pattern, loc="left", fontsize=10, fontweight="bold")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", linewidth=0.4, color="#bbbbbb")
        axis.set_axisbelow(True)
        _mark(axis, of, labelled=axis is axes[0])
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)
    axes[-1].set_xlim(0, of.spans[-1])
    axes[-1].set_xlabel("seconds after the start of the load")
    return figure


def _mark(axis: Axes, of: Scene, *, labelled: bool) -> None:
    """Mark when faults lasted, with a number at the top; the report's table says what each was."""
    start = of.observed.start
    for number, strike in enumerate(of.observed.strikes, 1):
        began, healed = strike.at - start, (strike.healed or strike.at) - start
        axis.axvspan(began, max(healed, began), facecolor="#000000", alpha=0.08, linewidth=0)
        axis.axvline(began, color="#c1121f", linewidth=1.0, linestyle=(0, (4, 2)))
        if labelled:
            place = (began, 1.02)
            axis.annotate(
                f"{number}", place, xycoords=("data", "axes fraction"), ha="center", fontsize=8, color="#c1121f"
            )


def _throughput(axis: Axes, of: Scene, pattern: str) -> None:
    one = of.flows[pattern]
    label = "processed\n(copies)" if PATTERNS[pattern].guarantee.fan_out else "processed"
    axis.step(of.middles, rate(one.sent, of.spans), where="mid", color="#888888", linestyle="--", label="sent")
    axis.step(of.middles, rate(one.processed, of.spans), where="mid", color=_GREYS[0], label=label)
    axis.set_ylim(bottom=0)


def _latency(axis: Axes, of: Scene, pattern: str) -> None:
    one = of.flows[pattern]
    for style, part in zip(_STYLES, (50, 99, 100), strict=False):
        values = percentile(one, part, of.spans) * _MILLI
        label = "worst" if part == 100 else f"p{part}"  # noqa: PLR2004 - all of them
        axis.plot(of.middles, values, style, marker=".", markersize=3, color=_GREYS[0], label=label)
    if not (one.late > 0).any():
        return  # nothing, or clocks that differ
    axis.set_yscale("log")
    axis.set_ylim(*_decades(one.late * _MILLI))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())


def _decades(values: Numbers) -> tuple[float, float]:
    """Return the powers of ten around the values that are above 0, of which there are some."""
    some = values[values > 0]
    return 10.0 ** np.floor(np.log10(some.min())), 10.0 ** np.ceil(np.log10(some.max()) + 1e-9)


def _shares(axis: Axes, of: Scene, pattern: str) -> None:
    """Stack the replicas' shares: of what all of them processed, within each span."""
    by = of.flows[pattern].by
    rates = np.array([rate(times, of.spans) for times in by.values()])
    if not rates.size:
        return
    together = rates.sum(axis=0)
    parts = np.divide(rates * 100, together, out=np.zeros_like(rates), where=together > 0)
    stacked = np.hstack([parts, parts[:, -1:]])  # the last edge ends the last step
    colors = [_GREYS[number % len(_GREYS)] for number in range(len(by))]
    hatches = [_HATCHES[number // len(_GREYS) % len(_HATCHES)] for number in range(len(by))]
    areas = axis.stackplot(of.spans, stacked, labels=list(by), colors=colors, step="post", linewidth=0)
    for area, hatch in zip(areas, hatches, strict=True):
        area.set_hatch(hatch)
        area.set_edgecolor("#ffffff")
    axis.set_ylim(0, 100)


def _backlog(axis: Axes, of: Scene, pattern: str) -> None:
    samples = [(at - of.observed.start, held) for at, held in of.observed.backlog[pattern] if at >= of.observed.start]
    if samples:
        times, held = zip(*samples, strict=True)
        axis.plot(times, held, drawstyle="steps-post", color=_GREYS[0])
    axis.set_ylim(bottom=0)


_PLOTS: dict[str, tuple[str, str, Callable[[Axes, Scene, str], None]]] = {
    "throughput": ("Messages sent and processed", "messages/s", _throughput),
    "latency": ("Latency, from the intended send until the handler has the message", "ms (log)", _latency),
    "shares": ("Who processed how much of what was processed", "%", _shares),
    "backlog": ("What Redis holds for the consumers: waiting and in flight", "messages", _backlog),
}
