"""Latency percentiles of the last minutes, from the replicas' histograms."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping

from lab.watch.figures import Figures

WINDOW = 120.0
"""How far back they reach, in seconds."""
NOW = 5.0
"""How far back those of the present reach."""
Buckets = Mapping[float, float]
"""How many took at most so many seconds, by these seconds; the last is infinite."""


class Recent:
    """One pattern's latencies, look by look."""

    def __init__(self) -> None:
        """Begin with none."""
        self._looks: deque[tuple[float, Buckets]] = deque()

    def add(self, pattern: str, before: Mapping[str, Figures], replicas: Mapping[str, Figures], now: float) -> None:
        """Take what was measured since the look before, and forget what is older than the window."""
        grown: Counter[float] = Counter()
        for who, one in replicas.items():
            if who in before:
                grown.update(_growth(before[who].latency.get(pattern, {}), one.latency.get(pattern, {})))
        self._looks.append((now, grown))
        while self._looks[0][0] < now - WINDOW:
            self._looks.popleft()

    def percentile(self, part: float, last: float = WINDOW) -> float | None:
        """Return the seconds that this part of the last seconds' messages did not exceed, None when there were none."""
        since = self._looks[-1][0] - last if self._looks else 0.0
        together: Counter[float] = Counter()
        for at, grown in reversed(self._looks):
            if at < since:
                break
            together.update(grown)
        return percentile(together, part)


def percentile(buckets: Buckets, part: float) -> float | None:
    """Return it as Prometheus' histogram_quantile does: within a bucket, as if they lay evenly."""
    bounds = sorted(buckets)
    wanted = part * (buckets[bounds[-1]] if bounds else 0.0)
    if not wanted:
        return None
    low = below = 0.0
    for bound in bounds:
        count = buckets[bound]
        if count >= wanted:
            return low if math.isinf(bound) else low + (bound - low) * (wanted - below) / (count - below)
        low, below = bound, count
    return low


def _growth(before: Buckets, now: Buckets) -> dict[float, float]:
    """Return by how much each grew; a replica that started anew counts from 0."""
    anew = any(now.get(bound, 0.0) < count for bound, count in before.items())
    return {bound: count if anew else count - before.get(bound, 0.0) for bound, count in now.items()}
