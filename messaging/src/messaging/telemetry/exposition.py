"""Metrics as Prometheus reads them.

They are shown by a collector of our own, once per scrape, from plain counts. Names follow
OpenTelemetry's rules for Prometheus: dots become underscores, seconds are appended as the unit,
counters end in `_total`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from messaging.counters import Histogram
from messaging.telemetry.instruments import INSTRUMENTS, Instrument, Kind, prometheus_name
from messaging.telemetry.measured import Observed, Point

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Exposition(Collector):
    """Renders a service's figures for one scrape after the other."""

    def __init__(self, observed: Observed) -> None:
        """Expose these, and what the process uses."""
        self._observed = observed
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    async def page(self) -> bytes:
        """Return the page that Prometheus reads, after asking the server for what only it knows."""
        await self._observed.refresh()
        return await asyncio.to_thread(self.render)  # it reads files of /proc

    def render(self) -> bytes:
        """Return the page with what is known."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Yield each figure that has a value now."""
        for instrument in INSTRUMENTS:
            if points := self._observed.points(instrument):
                yield _family(instrument, points)


def _family(instrument: Instrument, points: list[Point]) -> Metric:
    labels = [prometheus_name(label) for label in points[0].attributes]
    named = (instrument.prometheus, instrument.help)
    histograms = HistogramMetricFamily(*named, labels=labels)
    numbers = (CounterMetricFamily if instrument.kind is Kind.COUNTER else GaugeMetricFamily)(*named, labels=labels)
    for attributes, value in points:
        if isinstance(value, Histogram):
            histograms.add_metric(list(attributes.values()), _buckets(value), value.sum)
        else:
            numbers.add_metric(list(attributes.values()), value)
    return histograms if instrument.kind is Kind.HISTOGRAM else numbers


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    bounds = [*map(str, histogram.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
