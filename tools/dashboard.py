"""Grafana's dashboard, made from the names of the metrics.

python tools/dashboard.py          prints it
python tools/dashboard.py --write  writes charts/messaging-patterns/files/dashboard.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from messaging.telemetry import names
from messaging.telemetry.instruments import INSTRUMENTS, Kind, prometheus_name

PATH = Path(__file__).resolve().parents[1] / "charts/messaging-patterns/files/dashboard.json"
WIDTH = 24
_INSTRUMENTS = {instrument.name: instrument for instrument in INSTRUMENTS}
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_PLACE = 'namespace=~"$namespace", job=~"$job"'
_PATTERN, _ERROR = prometheus_name(names.PATTERN), prometheus_name(names.ERROR_TYPE)
_OPERATION = prometheus_name(names.OPERATION)
_EACH, _EACH_POD = f"{{{{{_PATTERN}}}}}", f"{{{{{_PATTERN}}}}} {{{{pod}}}}"
_DESTINATION = f"namespace, {_PATTERN}, {prometheus_name(names.DESTINATION)}"


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        title: what it shows, as its reader says it.
        queries: what is drawn: expressions, and what their lines are called.
        unit: Grafana's name for the unit.
        width: of 24 columns.
        kind: timeseries or stat.
        text: what to know of it.
        stacked: whether the lines lie on top of each other.
    """

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    width: int = 8
    kind: str = "timeseries"
    text: str = ""
    stacked: bool = False


def series(name: str, *matchers: str, bucket: bool = False) -> str:
    """Return a metric with the dashboard's choice of pods and patterns."""
    instrument = _INSTRUMENTS[name]
    suffix = "_bucket" if bucket else "_total" if instrument.kind is Kind.COUNTER else ""
    chosen = [_PLACE, *([f'{_PATTERN}=~"$pattern"'] if instrument.operations else []), *matchers]
    return f"{instrument.prometheus}{suffix}{{{', '.join(chosen)}}}"


def per_second(name: str, *matchers: str, by: str = _PATTERN) -> str:
    """Return a counter's rate."""
    return f"sum by ({by}) (rate({series(name, *matchers)}[$__rate_interval]))"


def in_range(name: str, *matchers: str, by: str = _PATTERN) -> str:
    """Return how much a counter grew while one step of the picture lasts."""
    return f"sum by ({by}) (increase({series(name, *matchers)}[$__rate_interval]))"


def level(name: str) -> str:
    """Return what the server says of each destination: every replica asks it, so the maximum, never the sum."""
    return f"max by ({_DESTINATION}) ({series(name)})"


def quantiles(name: str) -> list[tuple[str, str]]:
    """Return the median and the slow end of durations."""
    buckets = f"sum by (le, {_PATTERN}) (rate({series(name, bucket=True)}[$__rate_interval]))"
    return [(f"histogram_quantile({share}, {buckets})", f"{_EACH} p{share * 100:g}") for share in (0.5, 0.95, 0.99)]


def per_process(expression: str) -> str:
    """Return a figure of the Python process itself, which /metrics shows as well, of our pods alone."""
    return f"{expression} and on (namespace, pod) {series(names.READY)}"


def _glance() -> Iterator[Panel]:
    sent, received = series(names.SENT_MESSAGES, f'{_ERROR}=""'), series(names.CONSUMED_MESSAGES)
    yield _figure("Published per second", f"sum(rate({sent}[$__rate_interval]))", "cps")
    yield _figure("Received per second", f"sum(rate({received}[$__rate_interval]))", "cps")
    yield _figure("Waiting", f"sum({level(names.BACKLOG)})")
    yield _figure("Oldest in flight", f"max({series(names.PENDING_AGE)})", "s")
    late = f"sum by (le) (rate({series(names.LATENCY, bucket=True)}[$__rate_interval]))"
    yield _figure("99 of 100 are received within", f"histogram_quantile(0.99, {late})", "s")
    yield _figure("Dead letters in this time", f"sum(increase({series(names.DEAD_LETTERED)}[$__range]))")


def _figure(title: str, expression: str, unit: str = "short") -> Panel:
    return Panel(title, [(expression, "")], unit, 4, "stat")


def _shares() -> Iterator[Panel]:
    yield Panel("Published", [(per_second(names.SENT_MESSAGES, f'{_ERROR}=""'), _EACH)], "cps")
    yield Panel("Received", [(per_second(names.CONSUMED_MESSAGES), _EACH)], "cps", text="Each delivery counts.")
    yield Panel("Processed", [(per_second(names.PROCESSED), _EACH)], "cps", text="Settled as done, each once.")
    each = per_second(names.CONSUMED_MESSAGES, by=f"{_PATTERN}, pod")
    yield Panel("Received by each replica", [(each, _EACH_POD)], "cps", 12, stacked=True)
    whole = f"{each} / on ({_PATTERN}) group_left () {per_second(names.CONSUMED_MESSAGES)}"
    text = "Of what all received; of a channel each gets all."
    yield Panel("Each replica's share", [(whole, _EACH_POD)], "percentunit", 12, text=text)


def _levels() -> Iterator[Panel]:
    yield Panel("Waiting in Redis", [(level(names.BACKLOG), _EACH)], text="Of a stream the group's lag.")
    yield Panel(
        "In flight", [(level(names.PENDING), _EACH)], text="Delivered and not settled; of reliable-queue batches."
    )
    yield Panel("Oldest in flight", [(level(names.PENDING_AGE), _EACH)], "s")


def _durations() -> Iterator[Panel]:
    late = "From a message's timestamp to its receive, by two machines' clocks."
    yield Panel("From publish to receive", quantiles(names.LATENCY), "s", text=late)
    yield Panel("Clock skew", [(per_second(names.CLOCK_SKEW), _EACH)], "cps", text="Received before it was sent.")
    yield Panel("Handling a message", quantiles(names.PROCESS_DURATION), "s")
    yield Panel("A round trip, publishing", quantiles(names.OPERATION_DURATION), "s")


def _trouble() -> Iterator[Panel]:
    unsure = in_range(names.SENT_MESSAGES, f'{_ERROR}!=""', by=f"{_PATTERN}, {_ERROR}")
    yield Panel("Sends that failed, or nobody knows", [(unsure, f"{_EACH} {{{{{_ERROR}}}}}")])
    again = (names.FAILED, names.RETRIED, names.RECLAIMED, names.STALE)
    yield Panel("Again", [(in_range(name), f"{_EACH} {_word(name)}") for name in again])
    letters = in_range(names.DEAD_LETTERED, by=f"{_PATTERN}, {_ERROR}")
    gone = [(in_range(name), f"{_EACH} {_word(name)}") for name in (names.DROPPED, names.GAP, names.TRIMMED)]
    yield Panel("Gone", [(letters, f"{_EACH} dead letter, {{{{{_ERROR}}}}}"), *gone])


def _word(name: str) -> str:
    return name.split(".")[2].replace("_", " ")


def _pods() -> Iterator[Panel]:
    receiving = f'{_OPERATION}="{names.OPERATION_RECEIVE}"'
    ready = f"sum by ({_PATTERN}) ({series(names.READY, receiving)})"
    yield Panel("Connected subscribers", [(ready, _EACH)])
    yield Panel("Connections made anew", [(in_range(names.RECONNECTS, by=f"{_PATTERN}, pod"), _EACH_POD)])
    yield Panel("Ending since", [(f"max by (pod) ({series(names.DRAIN_DURATION)}) > 0", "{{pod}}")], "s")
    cpu = per_process(f"rate(process_cpu_seconds_total{{{_PLACE}}}[$__rate_interval])")
    yield Panel("CPU", [(cpu, "{{pod}}")], "percentunit")
    memory = per_process(f"process_resident_memory_bytes{{{_PLACE}}}")
    yield Panel("Memory", [(memory, "{{pod}}")], "bytes")
    lost = in_range(names.TELEMETRY_DROPPED, by=f"pod, {_ERROR}")
    yield Panel("Spans that were dropped", [(lost, f"{{{{pod}}}} {{{{{_ERROR}}}}}")])


ROWS = {
    "At a glance": _glance,
    "Who gets how much": _shares,
    "What waits": _levels,
    "How late": _durations,
    "What went wrong": _trouble,
    "Pods": _pods,
}


def dashboard() -> dict[str, Any]:
    """Return the whole dashboard."""
    return {
        "uid": "messaging-patterns",
        "title": "Messaging patterns",
        "tags": ["messaging", "redis"],
        "schemaVersion": 39,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": list(_variables())},
        "panels": list(_placed()),
    }


def _variables() -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}}
    ready = prometheus_name(names.READY)
    chosen = ("namespace", "namespace", ready), ("job", "job", f'{ready}{{namespace=~"$namespace"}}')
    for name, label, of in (*chosen, ("pattern", _PATTERN, f"{ready}{{{_PLACE}}}")):
        yield {
            "name": name,
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": f"label_values({of}, {label})", "refId": name},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        }


def _placed() -> Iterator[dict[str, Any]]:
    identity = top = 0
    for title, of in ROWS.items():
        panels, identity = list(of()), identity + 1
        yield {"id": identity, "type": "row", "title": title, "collapsed": False, "gridPos": _at(0, top, WIDTH, 1)}
        left, top, height = 0, top + 1, 4 if panels[0].kind == "stat" else 8
        for panel in panels:
            identity += 1
            if left + panel.width > WIDTH:
                left, top = 0, top + height
            yield {"id": identity, "gridPos": _at(left, top, panel.width, height), **_drawn(panel)}
            left += panel.width
        top += height


def _at(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": width, "h": height}


def _drawn(panel: Panel) -> dict[str, Any]:
    lines = {"drawStyle": "line", "fillOpacity": 10, "showPoints": "never"}
    stacking = {"stacking": {"mode": "normal" if panel.stacked else "none"}}
    targets = [
        {"refId": chr(ord("A") + place), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
        for place, (expression, legend) in enumerate(panel.queries)
    ]
    custom = {"custom": {**lines, **stacking}} if panel.kind == "timeseries" else {}
    options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, **custom}, "overrides": []},
        "options": options if custom else {"reduceOptions": {"calcs": ["lastNotNull"]}, "graphMode": "area"},
        "targets": targets,
    }


def text() -> str:
    """Return it as it stands in the file."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PATH.write_text(text(), encoding="utf-8")
    else:
        print(text())
