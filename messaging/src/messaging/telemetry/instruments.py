"""What is measured: one table, for Prometheus, for OTLP and for docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from messaging.telemetry import names


class Kind(StrEnum):
    """How a figure behaves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


_SEND, _RECEIVE = (names.OPERATION_SEND,), (names.OPERATION_RECEIVE,)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One figure.

    Attributes:
        name: what OpenTelemetry calls it.
        kind: how it behaves.
        parts: where its values stand in a `Source`, or in the `Process`, by their error.type.
        help: what it means, in a sentence.
        operations: which sources have it; none: it is the process' own.
        unit: what it counts, in UCUM.
    """

    name: str
    kind: Kind
    parts: Mapping[str, str]
    help: str
    operations: tuple[str, ...] = _RECEIVE
    unit: str = "{message}"

    @property
    def prometheus(self) -> str:
        """What Prometheus calls it, but for a counter's `_total`."""
        return prometheus_name(self.name) + ("_seconds" if self.unit == "s" else "")


def prometheus_name(name: str) -> str:
    """Return a name of OpenTelemetry's as Prometheus writes it."""
    return name.replace(".", "_")


def _counter(name: str, count: str, text: str, unit: str = "{message}") -> Instrument:
    return Instrument(name, Kind.COUNTER, {"": f"counters.{count}"}, text, unit=unit)


def _seconds(name: str, count: str, text: str, operations: tuple[str, ...] = _RECEIVE) -> Instrument:
    return Instrument(name, Kind.HISTOGRAM, {"": f"counters.{count}"}, text, operations, "s")


def _gauge(
    name: str, where: str, text: str, operations: tuple[str, ...] = _RECEIVE, unit: str = "{message}"
) -> Instrument:
    return Instrument(name, Kind.GAUGE, {"": where}, text, operations, unit)


_SENT = {
    "": "counters.published",
    names.ERROR_FAILED: "counters.publish_failed",
    names.ERROR_UNKNOWN: "counters.publish_unknown",
}
_DEAD = {names.ERROR_SETTLED: "counters.dead_lettered", names.ERROR_DELIVERIES: "counters.dead_on_claim"}
_LOST = {names.ERROR_QUEUE_FULL: "drops.queue_full", names.ERROR_EXPORT: "drops.export_failed"}
_SENT_HELP = "Sends of a message; error.type is empty where the server acknowledged it"
_DEAD_HELP = "Messages put among the dead letters: by what the handler said or raised, or delivered too often"
_LATENCY_HELP = "From a message's timestamp to its receive, by the clocks of both machines; 0 where that is negative"
_SKEW_HELP = "Messages received before they were sent, by their timestamps: a clock is wrong"
_BACKLOG_HELP = "Messages that wait in Redis for a consumer; of a stream its group's lag"
_AGE_HELP = "How long ago the oldest of these was delivered first; of a stream, was added"

INSTRUMENTS: tuple[Instrument, ...] = (
    Instrument(names.SENT_MESSAGES, Kind.COUNTER, _SENT, _SENT_HELP, _SEND),
    _seconds(
        names.OPERATION_DURATION, "operation_duration", "Duration of a round trip to the server, publishing", _SEND
    ),
    _gauge(names.READY, "ready", "1 while it is connected and prepared, else 0", _SEND + _RECEIVE, "1"),
    _counter(names.CONSUMED_MESSAGES, "received", "Messages delivered to us, each delivery counted"),
    _counter(names.PROCESSED, "processed", "Messages settled as done"),
    _counter(names.FAILED, "failed", "Messages whose handler raised, or said Retry or Dead"),
    _counter(names.RETRIED, "retried", "Messages given back, to be delivered again"),
    Instrument(names.DEAD_LETTERED, Kind.COUNTER, _DEAD, _DEAD_HELP),
    _counter(names.DROPPED, "dropped", "Messages given up where the pattern has no dead letters"),
    _counter(names.STALE, "stale", "Messages settled too late: another consumer had them by then"),
    _counter(names.RECLAIMED, "reclaimed", "Messages taken over from another consumer, or from a lease that ran out"),
    _counter(names.GAP, "gap_messages", "Messages that a subscriber of a channel missed, at least"),
    _counter(names.TRIMMED, "trimmed", "Messages deleted by trimming before they were settled"),
    _counter(names.RECONNECTS, "reconnects", "Connections lost and made again", "{connection}"),
    _seconds(names.PROCESS_DURATION, "process_duration", "Duration of handling a message"),
    _seconds(names.LATENCY, "latency", _LATENCY_HELP),
    _counter(names.CLOCK_SKEW, "clock_skew", _SKEW_HELP),
    _gauge(names.BACKLOG, "levels.backlog.waiting", _BACKLOG_HELP),
    _gauge(names.PENDING, "levels.backlog.in_flight", "Messages delivered and not settled; of reliable-queue batches"),
    _gauge(names.PENDING_AGE, "levels.oldest", _AGE_HELP, unit="s"),
    _gauge(names.DRAIN_DURATION, "draining", "For how long the process has been ending; 0 before", (), "s"),
    Instrument(names.TELEMETRY_DROPPED, Kind.COUNTER, _LOST, "Spans that never reached the collector", (), "{span}"),
)
"""Every figure, each once."""
