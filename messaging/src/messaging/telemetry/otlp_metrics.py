"""Metrics by OTLP.

Counts and levels are observable instruments: the SDK asks for their values once per export. It has
no observable histograms (OpenTelemetry defines none), and recording each duration twice would cost
the hot path, so an exporter adds the histograms, from the same plain counts as Prometheus sees.
They are cumulative, whatever temporality is preferred.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from itertools import groupby

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
    ResourceMetrics,
)
from opentelemetry.sdk.metrics.export import Histogram as HistogramData
from opentelemetry.sdk.resources import Resource

from messaging.counters import Histogram
from messaging.telemetry import names
from messaging.telemetry.backlog import TIMEOUT
from messaging.telemetry.instruments import INSTRUMENTS, Kind
from messaging.telemetry.measured import Observed

_HISTOGRAMS = {instrument.name: instrument for instrument in INSTRUMENTS if instrument.kind is Kind.HISTOGRAM}


def open_metrics(
    observed: Observed,
    resource: Resource,
    interval: float,
    loop: asyncio.AbstractEventLoop,
    exporter: MetricExporter | None = None,
) -> MeterProvider:
    """Export a service's figures from now on, in the background.

    Args:
        observed: the service.
        resource: who it is.
        interval: seconds between two exports.
        loop: where the server can be asked for what only it knows.
        exporter: sends them; None: by OTLP over HTTP, as the OTEL_* variables say.
    """
    sending = WithHistograms(exporter or OTLPMetricExporter(), observed)
    reader = PeriodicExportingMetricReader(sending, export_interval_millis=interval * 1000)
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    _instrument(provider, observed, loop)
    return provider


def _instrument(provider: MeterProvider, observed: Observed, loop: asyncio.AbstractEventLoop) -> None:
    meter = provider.get_meter(names.SCOPE)
    for instrument in INSTRUMENTS:
        callbacks = [_callback(observed, instrument.name, loop)]
        if instrument.kind is Kind.COUNTER:
            meter.create_observable_counter(instrument.name, callbacks, instrument.unit, instrument.help)
        elif instrument.kind is Kind.GAUGE:
            meter.create_observable_gauge(instrument.name, callbacks, instrument.unit, instrument.help)


def _callback(
    observed: Observed, name: str, loop: asyncio.AbstractEventLoop
) -> Callable[[CallbackOptions], Iterator[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        if name == names.BACKLOG:
            _refresh(observed, loop)
        for measurement in observed.measure():
            if measurement.name == name and not isinstance(measurement.value, Histogram):
                yield Observation(measurement.value, measurement.attributes)

    return observe


def _refresh(observed: Observed, loop: asyncio.AbstractEventLoop) -> None:
    """Ask the server, from the exporting thread; a loop that does not answer in time is left alone."""
    asking = observed.refresh()
    try:
        future = asyncio.run_coroutine_threadsafe(asking, loop)
    except RuntimeError:  # the loop is closed
        asking.close()
        return
    try:
        future.result(2 * TIMEOUT)
    except (TimeoutError, CancelledError):
        future.cancel()


class WithHistograms(MetricExporter):
    """Adds the histograms to what another exporter sends."""

    def __init__(self, inner: MetricExporter, observed: Observed) -> None:
        """Wrap an exporter."""
        super().__init__(inner._preferred_temporality, inner._preferred_aggregation)  # noqa: SLF001 - the reader asks for them
        self._inner, self._observed = inner, observed
        self._start = time.time_ns()

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **options: object
    ) -> MetricExportResult:
        """Send what the SDK has collected, and the histograms."""
        whole = MetricsData([self._with_histograms(each) for each in metrics_data.resource_metrics])
        return self._inner.export(whole, timeout_millis, **options)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Flush the wrapped exporter."""
        return self._inner.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **options: object) -> None:
        """Shut the wrapped exporter down."""
        self._inner.shutdown(timeout_millis, **options)

    def _with_histograms(self, of: ResourceMetrics) -> ResourceMetrics:
        """Put them into our scope: two of one name would be one too many for the encoder."""
        scopes = [
            replace(each, metrics=[*each.metrics, *self._histograms()]) if each.scope.name == names.SCOPE else each
            for each in of.scope_metrics
        ]
        return replace(of, scope_metrics=scopes)

    def _histograms(self) -> Iterator[Metric]:
        now = time.time_ns()
        measured = (one for one in self._observed.measure() if one.name in _HISTOGRAMS)
        for name, values in groupby(measured, key=lambda one: one.name):
            points = [self._point(one.value, one.attributes, now) for one in values if isinstance(one.value, Histogram)]
            data = HistogramData(points, AggregationTemporality.CUMULATIVE)
            yield Metric(name, _HISTOGRAMS[name].help, _HISTOGRAMS[name].unit, data)

    def _point(self, histogram: Histogram, attributes: dict[str, str], now: int) -> HistogramDataPoint:
        counts = list(histogram.counts)
        return HistogramDataPoint(
            attributes=attributes,
            start_time_unix_nano=self._start,
            time_unix_nano=now,
            count=sum(counts),
            sum=histogram.sum,
            bucket_counts=counts,
            explicit_bounds=list(histogram.bounds),
            min=None,  # type: ignore[arg-type]  # optional in OTLP; it is not kept
            max=None,  # type: ignore[arg-type]
        )
