"""Metrics as Prometheus reads them.

They are shown by a collector of our own, once per scrape, from plain counts. Names follow
OpenTelemetry's rules for Prometheus: dots become underscores, seconds are appended as the unit,
counters end in `_total`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import accumulate, groupby

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from messaging.counters import Histogram
from messaging.telemetry.instruments import INSTRUMENTS, Kind, prometheus_name
from messaging.telemetry.measured import Measurement, Observed

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_INSTRUMENTS = {instrument.name: instrument for instrument in INSTRUMENTS}


class Exposition:
    """Renders a service's figures for one scrape after the other."""

    def __init__(self, observed: Observed) -> None:
        """Expose these, and what the process uses."""
        self._observed = observed
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(observed))
        ProcessCollector(registry=self._registry)

    async def page(self) -> bytes:
        """Return the page that Prometheus reads, after asking the server for what only it knows."""
        await self._observed.refresh()
        return await asyncio.to_thread(self.render)  # it reads files of /proc

    def render(self) -> bytes:
        """Return the page with what is known."""
        return generate_latest(self._registry)


class _Collector(Collector):
    def __init__(self, observed: Observed) -> None:
        self._observed = observed

    def collect(self) -> Iterable[Metric]:
        for name, values in groupby(self._observed.measure(), key=lambda one: one.name):
            yield _family(name, list(values))


def _family(name: str, values: list[Measurement]) -> Metric:
    instrument = _INSTRUMENTS[name]
    labels = [prometheus_name(label) for label in values[0].attributes]
    if instrument.kind is Kind.HISTOGRAM:
        histograms = HistogramMetricFamily(instrument.prometheus, instrument.help, labels=labels)
        for _, attributes, value in values:
            if isinstance(value, Histogram):
                histograms.add_metric(list(attributes.values()), _buckets(value), value.sum)
        return histograms
    family = CounterMetricFamily if instrument.kind is Kind.COUNTER else GaugeMetricFamily
    figures: CounterMetricFamily | GaugeMetricFamily = family(instrument.prometheus, instrument.help, labels=labels)
    for _, attributes, value in values:
        if not isinstance(value, Histogram):
            figures.add_metric(list(attributes.values()), value)
    return figures


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    bounds = [*map(str, histogram.bounds), "+Inf"]
    return list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
