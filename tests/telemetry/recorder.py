"""Spans, kept in memory and put into words that a test can compare."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from messaging.settings.otel import Sampling
from messaging.telemetry.tracing import Server, Tracing
from messaging.telemetry.tracing.sampling import sampler_of

SERVER = Server("redis.example", 6379)


@dataclass(frozen=True, slots=True)
class Seen:
    """One span.

    Attributes:
        name, kind, status: as they are.
        text: the status' description.
        trace: the id of its trace.
        id: its own.
        parent: its parent's, 0 when it begins the trace.
        links: the ids of what it is linked to, in order.
        facts: its attributes.
        events: the names of its events.
    """

    name: str
    kind: str
    status: str
    text: str | None
    trace: int
    id: int
    parent: int
    links: list[int]
    facts: dict[str, Any]
    events: list[str]


class Recorder:
    """Keeps what is exported."""

    def __init__(
        self,
        rate: float = 1.0,
        *,
        parent_based: bool = True,
        links: int | None = None,
        cap: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Sample such a share of new traces, and no more a second than a cap allows by the clock."""
        self._exporter = InMemorySpanExporter()
        processor, sampling = SimpleSpanProcessor(self._exporter), Sampling(rate, parent_based, cap)
        self.provider = TracerProvider(sampler_of(sampling), Resource.get_empty(), shutdown_on_exit=False)
        self.provider.add_span_processor(processor)
        self.tracing = Tracing(processor, sampling, Resource.get_empty(), SERVER, links, clock)

    @property
    def spans(self) -> list[Seen]:
        """All spans that have ended, in the order of their starts."""
        ended = self._exporter.get_finished_spans()
        return [_seen(span) for span in sorted(ended, key=lambda span: span.start_time or 0)]

    def named(self, operation: str) -> list[Seen]:
        """Return the spans of one operation."""
        return [span for span in self.spans if span.name.split()[0] == operation]

    def one(self, operation: str) -> Seen:
        """Return the only span of an operation."""
        (span,) = self.named(operation)
        return span


def _seen(span: ReadableSpan) -> Seen:
    context = span.get_span_context()
    assert context is not None
    return Seen(
        name=span.name,
        kind=span.kind.name,
        status=span.status.status_code.name,
        text=span.status.description,
        trace=context.trace_id,
        id=context.span_id,
        parent=span.parent.span_id if span.parent else 0,
        links=[link.context.span_id for link in span.links],
        facts=dict(span.attributes or {}),
        events=[event.name for event in span.events],
    )


class Calls:
    """How often the SDK was called."""

    number = 0


@contextmanager
def sdk_calls() -> Iterator[Calls]:
    """Count each call of a function of OpenTelemetry's SDK by this thread."""
    calls = Calls()

    def profile(frame: Any, event: str, _: object) -> None:  # noqa: ANN401 - a frame
        if event == "call" and "/opentelemetry/sdk/" in frame.f_code.co_filename:
            calls.number += 1

    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(None)
