"""A provider of OpenTelemetry's SDK that also takes spans which were never live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from messaging.settings.otel import Sampling
from messaging.telemetry.plain_spans import QuietSpan
from messaging.telemetry.sampling import TraceIds

MOST_LINKS = 10_000
"""A span is linked to each sampled message of its batch, and a batch may be as large as that."""


@runtime_checkable
class Taker(Protocol):
    """A span processor that takes quiet spans as they are; any other is given what the SDK makes of them."""

    def take(self, span: QuietSpan) -> None:
        """Take one that has ended; it is sampled."""


class MessageTracerProvider(TracerProvider):
    """Makes spans for messages: those that nobody samples cost nothing, and a batch keeps all its links.

    Attributes:
        ids: decides what is sampled, as the sampler does.
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
        self._takers: tuple[Callable[[QuietSpan], None], ...] = ()
        self.links = MOST_LINKS if links is None else links
        root = TraceIdRatioBased(sampling.rate)
        super().__init__(
            sampler=ParentBased(root) if sampling.parent_based else root,
            resource=resource,
            shutdown_on_exit=False,
            id_generator=self.ids,
            span_limits=SpanLimits(max_links=self.links),
        )
        self.add_span_processor(processor)

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Give also to this one what has ended."""
        super().add_span_processor(span_processor)
        takes = span_processor.take if isinstance(span_processor, Taker) else _as_the_sdk_does(span_processor)
        self._takers += (takes,)

    def take(self, span: QuietSpan) -> None:
        """Pass on a span that has ended."""
        for take in self._takers:
            take(span)


def _as_the_sdk_does(processor: SpanProcessor) -> Callable[[QuietSpan], None]:
    return lambda span: processor.on_end(span.readable())
