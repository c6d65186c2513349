"""Sampling that costs a message without a trace next to nothing, and no call of the SDK."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from random import getrandbits, random

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanContext

from messaging.settings.otel import Sampling
from messaging.telemetry.propagation import is_sampled

_LOW = (1 << 64) - 1


class TraceIds(RandomIdGenerator):
    """Decides what is sampled as the samplers of OTEL_TRACES_SAMPLER do, but before there is a span.

    A ratio sampler looks at an id alone. So one may choose first, by drawing how many messages come
    before the next sampled one, and then give its trace an id that the sampler takes.

    Attributes:
        follows_parents: whether a span with a parent is sampled as that one is.
    """

    def __init__(self, sampling: Sampling) -> None:
        """Agree with a sampler of this kind."""
        self._rate, self.follows_parents = sampling.rate, sampling.parent_based
        self._bound = TraceIdRatioBased.get_bound_for_rate(sampling.rate)
        self._slope = 1.0 / math.log1p(-self._rate) if 0.0 < self._rate < 1.0 else 0.0
        self._before_next = self._gap() if 0.0 < self._rate < 1.0 else 0
        self._kept = threading.local()

    def choose(self, count: int) -> Sequence[int]:
        """Return which of the next `count` messages without a trace begin one, as places from 0."""
        if self._rate in (0.0, 1.0):
            return range(count) if self._rate else ()
        place, places = self._before_next, list[int]()
        while place < count:
            places.append(place)
            place += 1 + self._gap()
        self._before_next = place - count
        return places

    def takes(self, parent: SpanContext) -> bool:
        """Tell whether a span below this one is sampled."""
        return is_sampled(parent) if self.follows_parents else (parent.trace_id & _LOW) < self._bound

    def sampled(self) -> int:
        """Return an id for a trace that is sampled."""
        return getrandbits(64) << 64 | getrandbits(64) * self._bound >> 64

    def keep(self, trace_id: int) -> None:
        """Give this id to the next trace that this thread begins."""
        self._kept.trace_id = trace_id

    def generate_trace_id(self) -> int:
        """Return the id that was kept, or a random one."""
        kept, self._kept.trace_id = getattr(self._kept, "trace_id", 0), 0
        return kept or super().generate_trace_id()

    def is_trace_id_random(self) -> bool:
        """Tell whether an id's last 56 bits are random: not where they have been chosen."""
        return self._rate in (0.0, 1.0)

    def _gap(self) -> int:
        """Draw how many are not sampled before the next that is: as long as if each were drawn by itself."""
        return int(math.log(1.0 - random()) * self._slope)
