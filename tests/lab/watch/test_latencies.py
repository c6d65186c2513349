"""Latency percentiles come from the histograms' growth within the window."""

from __future__ import annotations

import math

import pytest

from lab.watch.figures import Figures, read
from lab.watch.latencies import WINDOW, Recent, percentile
from messaging.telemetry import names
from messaging.telemetry.instruments import prometheus_name


def replica(**counts: dict[float, float]) -> dict[str, Figures]:
    return {who: Figures(latency={"queue": buckets}) for who, buckets in counts.items()}


@pytest.mark.parametrize(("part", "seconds"), [(0.25, 0.05), (0.5, 0.1), (0.75, 0.55), (1.0, 1.0)])
def test_within_a_bucket_they_lie_evenly(part: float, seconds: float) -> None:
    assert percentile({0.1: 50.0, 1.0: 100.0, math.inf: 100.0}, part) == pytest.approx(seconds)


def test_above_the_last_bound_nothing_more_is_known() -> None:
    assert percentile({0.1: 0.0, math.inf: 10.0}, 0.5) == 0.1


def test_what_was_before_the_first_look_does_not_count() -> None:
    recent = Recent()
    first = replica(a={0.1: 100.0, 1.0: 100.0, math.inf: 100.0})
    recent.add("queue", {}, first, 0.0)
    assert recent.percentile(0.5) is None
    recent.add("queue", first, replica(a={0.1: 100.0, 1.0: 104.0, math.inf: 104.0}), 1.0)
    assert recent.percentile(0.5) == pytest.approx(0.55)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    recent = Recent()
    first, second = replica(a={0.1: 0.0, math.inf: 0.0}), replica(a={0.1: 9.0, math.inf: 9.0})
    recent.add("queue", first, second, 0.0)
    recent.add("queue", second, second, WINDOW + 1)
    assert recent.percentile(0.5) is None


def test_a_replica_that_started_anew_counts_from_0() -> None:
    recent = Recent()
    recent.add("queue", replica(a={0.1: 9.0, math.inf: 9.0}), replica(a={0.1: 2.0, math.inf: 2.0}), 1.0)
    assert recent.percentile(1.0) == pytest.approx(0.1)


def test_buckets_are_read_by_pattern_and_bound() -> None:
    name, label = prometheus_name(names.LATENCY), prometheus_name(names.PATTERN)
    page = (
        f'{name}_seconds_bucket{{{label}="queue",le="0.005"}} 3\n{name}_seconds_bucket{{{label}="queue",le="+Inf"}} 4\n'
    )
    assert read(page).latency == {"queue": {0.005: 3.0, math.inf: 4.0}}
