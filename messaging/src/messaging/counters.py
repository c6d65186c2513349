"""Plain counts: what a hot loop can afford. `messaging.telemetry` shows them when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from messaging.seam.delivery import Delivery
from messaging.seam.pattern import Signals
from messaging.seam.settlements import Settled

_LOOKS = 16  # at a batch's messages, at most

DURATION_BOUNDS = (
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
"""Upper bounds of the buckets, in seconds, as OpenTelemetry's messaging conventions have them."""


class Histogram:
    """Durations, counted by bucket; one below zero counts as zero, so that no sum ever falls.

    Attributes:
        bounds: the inclusive upper bounds, in seconds, ascending.
        counts: how many fell into each bucket; the last one is above every bound.
        sum: all durations together, in seconds.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...] = DURATION_BOUNDS) -> None:
        """Begin with nothing counted."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def record(self, seconds: float, times: int = 1) -> None:
        """Count a duration, `times` times: a batch of n messages is one call."""
        self.counts[bisect_left(self.bounds, seconds)] += times
        if seconds > 0:
            self.sum += seconds * times

    @property
    def count(self) -> int:
        """How many durations were counted."""
        return sum(self.counts)


@dataclass(slots=True)
class Counters:
    """What happened at one destination, in messages, since the start of the process.

    Attributes:
        received: delivered to us, messages or not, each delivery counted.
        processed: settled as done.
        failed: a handler raised, or said Retry or Dead.
        retried: given back, to be delivered again.
        dead_lettered: put among the dead letters because of what the handler said or raised.
        dead_on_claim: put there instead of being delivered once more.
        dropped: given up where the pattern has no dead letters.
        stale: settled too late: another consumer had them by then.
        reclaimed: taken over from another consumer, or from a lease that ran out.
        gap_messages: missed by a pub/sub subscriber, a lower bound.
        trimmed: deleted by trimming before they were settled.
        reconnects: connections lost and made again (connections, not messages).
        published: acknowledged by the server.
        publish_failed: sends of a message after which it certainly was not stored.
        publish_unknown: sends of a message whose reply was lost.
        operation_duration: how long one round trip to the server took, publishing.
        process_duration: how long the handler took for each message.
        clock_skew: received before they were sent, by their timestamps: a clock is wrong.
        latency: how long each message was on its way, from its timestamp to its receive, by two
            machines' clocks.
    """

    received: int = 0
    processed: int = 0
    failed: int = 0
    retried: int = 0
    dead_lettered: int = 0
    dead_on_claim: int = 0
    dropped: int = 0
    stale: int = 0
    reclaimed: int = 0
    gap_messages: int = 0
    trimmed: int = 0
    reconnects: int = 0
    published: int = 0
    publish_failed: int = 0
    publish_unknown: int = 0
    clock_skew: int = 0
    operation_duration: Histogram = field(default_factory=Histogram)
    process_duration: Histogram = field(default_factory=Histogram)
    latency: Histogram = field(default_factory=Histogram)

    def record_latency(self, moment: float, deliveries: Sequence[Delivery]) -> None:
        """Count how long messages were on their way that arrived at a moment, in seconds of UNIX time.

        Of a large batch every n-th message is looked at, and counts n times.
        """
        now, step = datetime.fromtimestamp(moment, UTC), 1 + len(deliveries) // _LOOKS
        for place in range(0, len(deliveries), step):
            age = (now - deliveries[place].message.timestamp).total_seconds()
            times = min(step, len(deliveries) - place)
            self.latency.record(age, times)
            if age < 0:
                self.clock_skew += times

    def note_settled(self, settled: Settled, *, fan_out: bool) -> None:
        """Count what became of a batch; a channel has no dead letters."""
        self.processed += settled.acked
        self.retried += settled.retried
        self.stale += settled.stale
        self.failed += settled.retried + settled.dead
        if fan_out:
            self.dropped += settled.dead
        else:
            self.dead_lettered += settled.dead

    def note_signals(self, signals: Signals) -> None:
        """Copy what only the consumer can see."""
        self.reconnects = signals.reconnects
        # A message that comes late takes its hole back; a counter must not fall.
        self.gap_messages = max(self.gap_messages, signals.gap_messages)
        self.reclaimed, self.trimmed = signals.reclaimed, signals.trimmed
        self.dead_on_claim = signals.dead_on_claim
