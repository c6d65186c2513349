"""Sets OpenTelemetry up for a service, as the standard OTEL_* variables say.

Importing this costs 10 MB and half a second: `messaging.service.runner` does so only when something is
switched on.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider

from messaging.settings.otel import Otel
from messaging.telemetry import names
from messaging.telemetry.measured import Observed
from messaging.telemetry.otlp_metrics import OtlpMetrics, open_metrics
from messaging.telemetry.sources import Drops, Server
from messaging.telemetry.tracing import Tracing
from messaging.telemetry.tracing.export import SpanQueue, within
from messaging.telemetry.tracing.sampling import sampler_of

_SILENCE = 60.0


def resource(service: str, version: str) -> Resource:
    """Return who we are: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, before what we know ourselves."""
    own = {names.SERVICE_NAME: service, names.SERVICE_VERSION: version, names.SERVICE_INSTANCE: str(uuid.uuid4())}
    return Resource.create(own).merge(OTELResourceDetector().detect())


@dataclass(slots=True)
class Telemetry:
    """What the variables have switched on, for a resource; its end may take so many seconds."""

    otel: Otel
    resource: Resource
    flush: float
    drops: Drops = field(default_factory=Drops)
    _ends: list[Callable[[], object]] = field(default_factory=list)

    def tracing(self, server: Server) -> Tracing | None:
        """Make spans from now on, also for handlers that ask OpenTelemetry for a tracer; None: not switched on."""
        if not self.otel.traces:
            return None
        sampling, spans = self.otel.sampling, SpanQueue(OTLPSpanExporter(), self.otel.queue, self.flush, self.drops)
        provider = TracerProvider(sampler_of(sampling), self.resource, shutdown_on_exit=False)
        provider.add_span_processor(spans)
        trace.set_tracer_provider(provider)
        self._ends.append(spans.shutdown)
        return Tracing(spans, sampling, self.resource, server, self.otel.links)

    def measure(self, observed: Observed) -> None:
        """Export metrics from now on, also a handler's own, if that is switched on; to be called in the loop."""
        if self.otel.metrics:
            loop, sending = asyncio.get_running_loop(), OtlpMetrics(observed)
            meters = open_metrics(observed, self.resource, self.otel.interval, loop, sending)
            metrics.set_meter_provider(meters)
            self._ends.append(partial(within, self.flush, meters.shutdown))

    async def aclose(self) -> None:
        """Send what is left; takes no longer than the flush may."""
        await asyncio.gather(*(asyncio.to_thread(end) for end in self._ends))


def listen(warn: Callable[[str], object]) -> None:
    """Give what OpenTelemetry has to complain about to `warn`, instead of stderr."""
    logger = logging.getLogger("opentelemetry")
    logger.addHandler(_Handler(warn))
    logger.propagate = False


class _Handler(logging.Handler):
    """Passes warnings on, one line each, and the same one not again within a minute."""

    def __init__(self, warn: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._warn = warn
        self._told: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on the sentence, without traceback."""
        now = time.monotonic()
        if now - self._told.get(str(record.msg), -_SILENCE) >= _SILENCE:
            self._told[str(record.msg)] = now
            self._warn(record.getMessage())
