"""A provider of OpenTelemetry's SDK that also takes spans which were never live."""

from __future__ import annotations

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, SynchronousMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from messaging.settings.otel import Sampling
from messaging.telemetry.sampling import TraceIds

MOST_LINKS = 10_000
"""A span is linked to each sampled message of its batch, and a batch may be as large as that."""


class MessageTracerProvider(TracerProvider):
    """Makes spans for messages: those that nobody samples cost nothing, and a batch keeps all its links.

    Attributes:
        ids: decides what is sampled, as the sampler does.
        sink: is given what has ended.
        links: how many links a span may have.
    """

    def __init__(
        self, processor: SpanProcessor, sampling: Sampling, resource: Resource | None = None, links: int | None = None
    ) -> None:
        """Give spans to a processor.

        Args:
            processor: is given what has ended.
            sampling: which traces.
            resource: who we are.
            links: how many links a span may have; None: as many as the largest batch has messages.
        """
        self.ids = TraceIds(sampling)
        self.sink = SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]
        self.links = MOST_LINKS if links is None else links
        root = TraceIdRatioBased(sampling.rate)
        super().__init__(
            sampler=ParentBased(root) if sampling.parent_based else root,
            resource=resource,
            shutdown_on_exit=False,
            active_span_processor=self.sink,
            id_generator=self.ids,
            span_limits=SpanLimits(max_links=self.links),
        )
        self.add_span_processor(processor)
