"""Which messages have spans: decided before there is one, so that a message that has none costs no call of the SDK."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import getrandbits, random, sample
from time import monotonic

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import SpanContext

from messaging.settings.otel import Sampling
from messaging.telemetry.tracing.propagation import is_sampled


class Choice:
    """Chooses as OTEL_TRACES_SAMPLER says, and of these no more a second than the cap allows.

    What a second leaves over is kept for one more. Where nothing is left, a tenth of a second is saved up for one
    batch: its messages share its spans, and ten in a row cost less than ten by themselves. All that a process sends
    and receives shares one choice.

    Attributes:
        follows_parents: whether a message whose trace is recorded goes on with it, and no other.
    """

    def __init__(self, sampling: Sampling, clock: Callable[[], float] = monotonic) -> None:
        """Choose nothing yet; the clock gives seconds."""
        self.follows_parents, self._rate, self._cap = sampling.parent_based, sampling.rate, sampling.per_second
        self._bound = TraceIdRatioBased.get_bound_for_rate(sampling.rate)
        self._clock, self._looked, self._left = clock, clock(), float(sampling.per_second)
        self._least, self._due, self._passed = max(1.0, sampling.per_second / 10), self._looked, 0

    def new(self, count: int) -> Sequence[int]:
        """Return which of the next `count` messages without a trace begin one, as places from 0."""
        if not self._rate:
            return ()
        now = self._clock()
        if now < self._due:
            self._passed += count
            return ()
        wanted, self._passed = int((self._passed + count) * self._rate + random()), 0
        return self._take(range(count), wanted, now)

    def capped(self, places: Sequence[int]) -> Sequence[int]:
        """Return as many of these as the cap allows now."""
        now = self._clock()
        return self._take(places, len(places), now) if now >= self._due else ()

    def takes(self, parent: SpanContext) -> bool:
        """Tell whether the sampler takes a span below this one."""
        return is_sampled(parent) if self.follows_parents else (parent.trace_id & (1 << 64) - 1) < self._bound

    def _take(self, places: Sequence[int], wanted: int, now: float) -> Sequence[int]:
        """Return so many, or what the cap allows: any of them, not always the first of a batch."""
        wanted = min(wanted, len(places))
        if self._cap:
            self._left = min(self._cap, self._left + (now - self._looked) * self._cap)
            wanted = min(wanted, int(self._left))
            self._looked, self._left = now, self._left - wanted
            if self._left < 1:
                self._due = now + (self._least - self._left) / self._cap
        if wanted in (0, len(places)):
            return places if wanted else ()
        return sorted(sample(places, wanted))


class TraceIds(RandomIdGenerator):
    """Gives ids that a sampler of the same ratio takes: where each process decides by itself, all agree."""

    def __init__(self, rate: float) -> None:
        """Agree with a sampler of this ratio."""
        self._bound, self._random = TraceIdRatioBased.get_bound_for_rate(rate or 1.0), rate in (0.0, 1.0)

    def generate_trace_id(self) -> int:
        """Return an id that is sampled."""
        return (getrandbits(64) or 1) << 64 | getrandbits(64) * self._bound >> 64

    def is_trace_id_random(self) -> bool:
        """Tell whether an id's last 56 bits are random: not where they have been chosen."""
        return self._random


def sampler_of(sampling: Sampling) -> Sampler:
    """Return OpenTelemetry's own, for spans that are not ours; no cap bounds these."""
    root = TraceIdRatioBased(sampling.rate)
    return ParentBased(root) if sampling.parent_based else root
