"""Metrics by OTLP.

Counts and levels are observable instruments: the SDK asks for their values once per export. It has
no observable histograms (OpenTelemetry defines none), and recording each duration twice would cost
the hot path, so the exporter adds the histograms, from the same plain counts as Prometheus sees.
They are cumulative, whatever temporality is preferred.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider, export
from opentelemetry.sdk.resources import Resource

from messaging.counters import Histogram
from messaging.telemetry import names
from messaging.telemetry.backlog import TIMEOUT
from messaging.telemetry.instruments import INSTRUMENTS, Instrument, Kind
from messaging.telemetry.measured import Observed


def open_metrics(
    observed: Observed,
    resource: Resource,
    interval: float,
    loop: asyncio.AbstractEventLoop,
    exporter: export.MetricExporter,
) -> MeterProvider:
    """Export a service's figures every `interval` seconds, in the background.

    The server is asked for what only it knows in the `loop`.
    """
    reader = export.PeriodicExportingMetricReader(exporter, export_interval_millis=interval * 1000)
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter(names.SCOPE)
    makers = {Kind.COUNTER: meter.create_observable_counter, Kind.GAUGE: meter.create_observable_gauge}
    for one in INSTRUMENTS:
        if one.kind in makers:
            makers[one.kind](one.name, [_callback(observed, one, loop)], one.unit, one.help)
    return provider


def _callback(
    observed: Observed, instrument: Instrument, loop: asyncio.AbstractEventLoop
) -> Callable[[CallbackOptions], Iterator[Observation]]:
    def observe(_: CallbackOptions) -> Iterator[Observation]:
        if instrument.name == names.BACKLOG:
            _refresh(observed, loop)
        for attributes, value in observed.points(instrument):
            if not isinstance(value, Histogram):
                yield Observation(value, attributes)

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


class OtlpMetrics(OTLPMetricExporter):
    """Sends metrics by OTLP over HTTP, as the OTEL_* variables say, and our histograms with them."""

    def __init__(self, observed: Observed) -> None:
        """Send those of a service."""
        super().__init__()
        self._observed, self._since = observed, time.time_ns()

    def export(
        self, metrics_data: export.MetricsData, timeout_millis: float | None = 10_000, **options: object
    ) -> export.MetricExportResult:
        """Send what the SDK has collected, and the histograms."""
        return super().export(with_histograms(metrics_data, self._observed, self._since), timeout_millis, **options)


def with_histograms(collected: export.MetricsData, observed: Observed, since: int) -> export.MetricsData:
    """Add a service's histograms, counted since a time in nanoseconds, to our scope: it may be there only once."""
    ours = list(_histograms(observed, since))
    return export.MetricsData(
        [
            replace(
                resource,
                scope_metrics=[
                    replace(one, metrics=[*one.metrics, *ours]) if one.scope.name == names.SCOPE else one
                    for one in resource.scope_metrics
                ],
            )
            for resource in collected.resource_metrics
        ]
    )


def _histograms(observed: Observed, since: int) -> Iterator[export.Metric]:
    for instrument in INSTRUMENTS:
        found = [
            (attributes, value) for attributes, value in observed.points(instrument) if isinstance(value, Histogram)
        ]
        if found:
            points = [_point(value, attributes, since) for attributes, value in found]
            data = export.Histogram(points, export.AggregationTemporality.CUMULATIVE)
            yield export.Metric(instrument.name, instrument.help, instrument.unit, data)


def _point(histogram: Histogram, attributes: dict[str, str], since: int) -> export.HistogramDataPoint:
    counts = list(histogram.counts)
    return export.HistogramDataPoint(
        attributes=attributes,
        start_time_unix_nano=since,
        time_unix_nano=time.time_ns(),
        count=sum(counts),
        sum=histogram.sum,
        bucket_counts=counts,
        explicit_bounds=list(histogram.bounds),
        min=None,  # type: ignore[arg-type]  # optional in OTLP; it is not kept
        max=None,  # type: ignore[arg-type]
    )
