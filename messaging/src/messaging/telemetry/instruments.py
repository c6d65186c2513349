"""What is measured: one table, for Prometheus, for OTLP and for docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from messaging.counters import Histogram
from messaging.telemetry import names
from messaging.telemetry.backlog import Levels
from messaging.telemetry.sources import Process, Source

Value = float | Histogram | None
T = TypeVar("T", Source, Process)


class Kind(StrEnum):
    """How a figure behaves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Where a value of a figure comes from.

    Attributes:
        read: gives it; None: there is none now.
        error: its error.type.
    """

    read: Callable[[T], Value]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Instrument(Generic[T]):
    """One figure.

    Attributes:
        name: what OpenTelemetry calls it.
        kind: how it behaves.
        unit: what it counts, in UCUM.
        help: what it means, in a sentence.
        parts: its values; where there are several they differ in error.type.
        operations: which sources have it.
    """

    name: str
    kind: Kind
    unit: str
    help: str
    parts: tuple[Part[T], ...]
    operations: tuple[str, ...] = ()

    @property
    def prometheus(self) -> str:
        """What Prometheus calls it, but for a counter's `_total`."""
        return prometheus_name(self.name) + ("_seconds" if self.unit == "s" else "")


def prometheus_name(name: str) -> str:
    """Return a name of OpenTelemetry's as Prometheus writes it."""
    return name.replace(".", "_")


def _count(field: str, error: str = "") -> Part[Source]:
    def read(source: Source) -> int:
        count: int = getattr(source.counters, field)
        return count

    return Part(read, error)


_SEND, _RECEIVE = (names.OPERATION_SEND,), (names.OPERATION_RECEIVE,)


def _received(name: str, text: str, *parts: Part[Source], unit: str = "{message}") -> Instrument[Source]:
    return Instrument(name, Kind.COUNTER, unit, text, parts, _RECEIVE)


def _level(name: str, unit: str, text: str, read: Callable[[Levels], float | None]) -> Instrument[Source]:
    def value(source: Source) -> float | None:
        return None if source.levels is None else read(source.levels)

    return Instrument(name, Kind.GAUGE, unit, text, (Part(value),), _RECEIVE)


def _durations(
    name: str, text: str, operations: tuple[str, ...], read: Callable[[Source], Histogram]
) -> Instrument[Source]:
    return Instrument(name, Kind.HISTOGRAM, "s", text, (Part(read),), operations)


OF_SOURCE: tuple[Instrument[Source], ...] = (
    Instrument(
        names.SENT_MESSAGES,
        Kind.COUNTER,
        "{message}",
        "Sends of a message; error.type is empty where the server acknowledged it",
        (
            _count("published"),
            _count("publish_failed", names.ERROR_FAILED),
            _count("publish_unknown", names.ERROR_UNKNOWN),
        ),
        _SEND,
    ),
    _durations(
        names.OPERATION_DURATION,
        "Duration of a round trip to the server, publishing",
        _SEND,
        lambda source: source.counters.operation_duration,
    ),
    Instrument(
        names.READY,
        Kind.GAUGE,
        "1",
        "1 while it is connected and prepared, else 0",
        (Part(lambda source: float(source.ready())),),
        _SEND + _RECEIVE,
    ),
    _received(names.CONSUMED_MESSAGES, "Messages delivered to us, each delivery counted", _count("received")),
    _received(names.PROCESSED, "Messages settled as done", _count("processed")),
    _received(names.FAILED, "Messages whose handler raised, or said Retry or Dead", _count("failed")),
    _received(names.RETRIED, "Messages given back, to be delivered again", _count("retried")),
    _received(
        names.DEAD_LETTERED,
        "Messages put among the dead letters: by what the handler said or raised, or delivered too often",
        _count("dead_lettered", names.ERROR_SETTLED),
        _count("dead_on_claim", names.ERROR_DELIVERIES),
    ),
    _received(names.DROPPED, "Messages given up where the pattern has no dead letters", _count("dropped")),
    _received(names.STALE, "Messages settled too late: another consumer had them by then", _count("stale")),
    _received(
        names.RECLAIMED,
        "Messages taken over from another consumer, or from a lease that ran out",
        _count("reclaimed"),
    ),
    _received(names.GAP, "Messages that a subscriber of a channel missed, at least", _count("gap_messages")),
    _received(names.TRIMMED, "Messages deleted by trimming before they were settled", _count("trimmed")),
    _received(names.RECONNECTS, "Connections lost and made again", _count("reconnects"), unit="{connection}"),
    _durations(
        names.PROCESS_DURATION,
        "Duration of handling a message",
        _RECEIVE,
        lambda source: source.counters.process_duration,
    ),
    _durations(
        names.LATENCY,
        "From a message's timestamp to its receive, by the clocks of both machines; 0 where that is negative",
        _RECEIVE,
        lambda source: source.counters.latency,
    ),
    _received(
        names.CLOCK_SKEW,
        "Messages received before they were sent, by their timestamps: a clock is wrong",
        _count("clock_skew"),
    ),
    _level(
        names.BACKLOG,
        "{message}",
        "Messages that wait in Redis for a consumer; of a stream its group's lag",
        lambda levels: levels.backlog.waiting,
    ),
    _level(
        names.PENDING,
        "{message}",
        "Messages delivered and not settled; of reliable-queue batches",
        lambda levels: levels.backlog.in_flight,
    ),
    _level(
        names.PENDING_AGE,
        "s",
        "How long ago the oldest of these was delivered first; of a stream, was added",
        lambda levels: levels.oldest,
    ),
)
"""What is measured of each pattern at work."""

OF_PROCESS: tuple[Instrument[Process], ...] = (
    Instrument(
        names.DRAIN_DURATION,
        Kind.GAUGE,
        "s",
        "For how long the process has been ending; 0 before",
        (Part(lambda process: process.draining()),),
    ),
    Instrument(
        names.TELEMETRY_DROPPED,
        Kind.COUNTER,
        "{span}",
        "Spans that never reached the collector",
        (
            Part(lambda process: process.drops.queue_full, names.ERROR_QUEUE_FULL),
            Part(lambda process: process.drops.export_failed, names.ERROR_EXPORT),
        ),
    ),
)
"""What is measured of the process."""

INSTRUMENTS: tuple[Instrument[Any], ...] = (*OF_SOURCE, *OF_PROCESS)
"""Every figure, each once."""
