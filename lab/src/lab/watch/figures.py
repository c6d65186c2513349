"""What a replica says of itself in /metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from prometheus_client.parser import text_string_to_metric_families

from messaging.telemetry import names
from messaging.telemetry.instruments import prometheus_name

_PATTERN = prometheus_name(names.PATTERN)
_ERROR = prometheus_name(names.ERROR_TYPE)
_SENT = f"{prometheus_name(names.SENT_MESSAGES)}_total"
_LATENCY = f"{prometheus_name(names.LATENCY)}_seconds_bucket"
_FIELDS = {
    _SENT: "sent",
    f"{prometheus_name(names.CONSUMED_MESSAGES)}_total": "received",
    f"{prometheus_name(names.DEAD_LETTERED)}_total": "dead",
    prometheus_name(names.BACKLOG): "waiting",
    prometheus_name(names.PENDING): "in_flight",
    prometheus_name(names.READY): "ready",
}
_WANTED = tuple(f"{name}{{" for name in (*_FIELDS, _LATENCY))


@dataclass(slots=True)
class Figures:
    """One replica's figures, each by pattern.

    Attributes:
        sent: messages that it sent and the server acknowledged; a publisher's.
        received: messages delivered to it; a subscriber's.
        waiting: what waits in Redis, as far as the replica knows.
        in_flight: what is delivered and not settled, as far as it knows.
        dead: messages that it put among the dead letters.
        ready: 1 while it is connected and prepared.
        latency: how many messages took at most so many seconds, by these seconds.
    """

    sent: dict[str, float] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    in_flight: dict[str, float] = field(default_factory=dict)
    dead: dict[str, float] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    latency: dict[str, dict[float, float]] = field(default_factory=dict)


def read(page: str) -> Figures:
    """Read a page of metrics; what is not ours is passed over.

    Raises:
        ValueError: it is no such page.
    """
    figures = Figures()
    for line in page.splitlines():
        if line.startswith(_WANTED):
            series, _, value = line.rpartition(" ")
            name, labels = _parsed(series)
            _put(figures, name, labels, float(value))
    return figures


@lru_cache(maxsize=1 << 15)
def _parsed(series: str) -> tuple[str, Mapping[str, str]]:
    """Return name and labels. A replica repeats them with every look, and parsing them is what costs."""
    (family,) = text_string_to_metric_families(f"{series} 0\n")
    (sample,) = family.samples
    return sample.name, sample.labels


def _put(figures: Figures, name: str, labels: Mapping[str, str], value: float) -> None:
    pattern = labels.get(_PATTERN, "")
    if name == _LATENCY:
        figures.latency.setdefault(pattern, {})[float(labels["le"])] = value
    elif name != _SENT or not labels.get(_ERROR):
        place: dict[str, float] = getattr(figures, _FIELDS[name])
        place[pattern] = place.get(pattern, 0.0) + value
