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

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from messaging.settings.otel import Otel
from messaging.telemetry import names
from messaging.telemetry.export import SpanQueue
from messaging.telemetry.measured import Observed
from messaging.telemetry.otlp_metrics import open_metrics
from messaging.telemetry.otlp_spans import OtlpSpans
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.sources import Drops
from messaging.telemetry.tracing import Server, Tracing

_SILENCE = 60.0


def resource(service: str, version: str) -> Resource:
    """Return who we are: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, before what we know ourselves."""
    own = {
        names.SERVICE_NAME: service,
        names.SERVICE_VERSION: version,
        names.SERVICE_INSTANCE: str(uuid.uuid4()),
    }
    return Resource.create(own).merge(OTELResourceDetector().detect())


@dataclass(slots=True)
class Telemetry:
    """What is switched on.

    Attributes:
        otel: what the variables say.
        resource: who we are.
        flush: how long the end may take, in seconds.
        drops: spans that were lost.
        provider: makes spans; None: none are made.
    """

    otel: Otel
    resource: Resource
    flush: float
    drops: Drops = field(default_factory=Drops)
    provider: MessageTracerProvider | None = None
    _meters: MeterProvider | None = None

    def tracing(self, server: Server) -> Tracing | None:
        """Make spans from now on, also for handlers that ask OpenTelemetry for a tracer; None: not switched on."""
        if not self.otel.traces:
            return None
        spans = SpanQueue(OtlpSpans(), self.otel.queue, self.flush, self.drops)
        self.provider = MessageTracerProvider(spans, self.otel.sampling, self.resource, self.otel.links)
        trace.set_tracer_provider(self.provider)
        return Tracing(self.provider, server)

    def measure(self, observed: Observed) -> None:
        """Export metrics from now on, also a handler's own, if that is switched on; to be called in the loop."""
        if self.otel.metrics:
            loop = asyncio.get_running_loop()
            self._meters = open_metrics(observed, self.resource, self.otel.interval, loop)
            metrics.set_meter_provider(self._meters)

    async def aclose(self) -> None:
        """Send what is left; takes no longer than the flush may."""
        ends: list[Callable[[], None]] = []
        if self.provider is not None:
            ends.append(self.provider.shutdown)
        if self._meters is not None:
            meters, limit = self._meters, self.flush * 1000
            ends.append(lambda: meters.shutdown(limit))
        await asyncio.gather(*(asyncio.to_thread(end) for end in ends))


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
