"""What a replica says of itself in /metrics."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from messaging.telemetry import names
from messaging.telemetry.instruments import prometheus_name

_PATTERN = prometheus_name(names.PATTERN)


@dataclass(slots=True)
class Figures:
    """One replica's figures, each by pattern.

    Attributes:
        sent: messages that it sent and the server acknowledged; a publisher's.
        received: messages delivered to it; a subscriber's.
        waiting: what waits in Redis, as far as the replica knows.
        in_flight: what is delivered and not settled, as far as it knows.
    """

    sent: dict[str, float] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, float] = field(default_factory=dict)
    in_flight: dict[str, float] = field(default_factory=dict)


def read(page: str) -> Figures:
    """Read a page of metrics; what is not ours is passed over.

    Raises:
        ValueError: it is no such page.
    """
    figures = Figures()
    places = {
        f"{prometheus_name(names.SENT_MESSAGES)}_total": figures.sent,
        f"{prometheus_name(names.CONSUMED_MESSAGES)}_total": figures.received,
        prometheus_name(names.BACKLOG): figures.waiting,
        prometheus_name(names.PENDING): figures.in_flight,
    }
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            place, failed = places.get(sample.name), sample.labels.get(prometheus_name(names.ERROR_TYPE))
            if place is not None and not failed:
                pattern = sample.labels.get(_PATTERN, "")
                place[pattern] = place.get(pattern, 0.0) + sample.value
    return figures
