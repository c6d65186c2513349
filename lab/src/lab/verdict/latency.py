"""Latencies of many messages in a few numbers."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Percentiles by nearest rank, in seconds. Negative ones, from clocks that differ, are kept.

    Attributes:
        count: how many were measured.
        p50, p99, p999: what so many of them do not exceed.
        worst: the largest.
    """

    count: int
    p50: float
    p99: float
    p999: float
    worst: float


def summarize(latencies: Iterable[array[float]]) -> LatencySummary | None:
    """Sum up what the arrays hold together; None when they hold nothing."""
    together = array("f")
    for some in latencies:
        together.extend(some)
    if not together:
        return None
    ordered = sorted(together)
    ranks = (math.ceil(len(ordered) * part) - 1 for part in (0.5, 0.99, 0.999))
    p50, p99, p999 = (ordered[rank] for rank in ranks)
    return LatencySummary(len(ordered), p50, p99, p999, ordered[-1])
