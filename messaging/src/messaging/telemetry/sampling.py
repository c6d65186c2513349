"""Sampling that costs a message without a trace one random number, and no call of the SDK."""

from __future__ import annotations

import threading
from random import getrandbits, randrange

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

_LOW = (1 << 64) - 1


class TraceIds(RandomIdGenerator):
    """Makes the ids of new traces, and knows beforehand which of them the sampler will take.

    A ratio sampler looks at an id alone. So a message's id can be drawn first: when the sampler
    would drop it, no span is started; when it would take it, the span gets this id, and the
    sampler agrees. A provider that has this generator must have a sampler of the same rate.

    Attributes:
        rate: the share of new traces that is sampled, where each other span follows its parent
            (the samplers parentbased_*); None where this is not so: then the sampler is asked.
    """

    def __init__(self, rate: float | None) -> None:
        """Draw for a sampler of this rate."""
        self.rate = rate
        self._bound = TraceIdRatioBased.get_bound_for_rate(1.0 if rate is None else rate)
        self._kept = threading.local()

    def decide(self) -> int | None:
        """Return the id of a new trace, 0 for any; None when it is not to be sampled."""
        if self._bound > _LOW:
            return 0
        low = getrandbits(64)
        return getrandbits(64) << 64 | low if low < self._bound else None

    def sampled(self) -> int:
        """Return an id that the sampler takes; 0 for any, or for none where it takes none."""
        return getrandbits(64) << 64 | randrange(self._bound) if 0 < self._bound <= _LOW else 0

    def keep(self, trace_id: int) -> None:
        """Give this id, unless 0, to the next trace that this thread begins."""
        self._kept.trace_id = trace_id

    def generate_trace_id(self) -> int:
        """Return the id that was kept, or a random one."""
        kept, self._kept.trace_id = getattr(self._kept, "trace_id", 0), 0
        return kept or super().generate_trace_id()
