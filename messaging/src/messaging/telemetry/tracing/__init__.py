"""Distributed tracing: wrappers around publishers, consumers and handlers.

One trace a message, from the send to each process of it. What is not traced is not wrapped; the
patterns know nothing of it. docs/telemetry.md shows what a trace looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from time import monotonic

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from messaging.patterns import PATTERNS
from messaging.seam.options import Options
from messaging.seam.pattern import Consumer, Publisher
from messaging.settings.otel import Sampling
from messaging.telemetry import names
from messaging.telemetry.sources import Server
from messaging.telemetry.tracing.consumer import TracedConsumer
from messaging.telemetry.tracing.handler import context_of
from messaging.telemetry.tracing.publisher import TracedPublisher
from messaging.telemetry.tracing.sampling import Choice, TraceIds
from messaging.telemetry.tracing.spans import Attributes, Spans

__all__ = ["Server", "TracedConsumer", "TracedPublisher", "Tracing", "context_of"]

VERSION = version("redis-messaging-patterns")
MOST_LINKS = 10_000
"""A span is linked to each sampled message of its batch, and a batch may be as large as that."""


class Tracing:
    """Wraps what is to be traced."""

    def __init__(
        self,
        processor: SpanProcessor,
        sampling: Sampling,
        resource: Resource | None = None,
        server: Server | None = None,
        links: int | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Make spans of the messages that `sampling` takes, and give them to a processor when they have ended.

        Args:
            processor: any of the SDK's.
            sampling: which messages; a `clock` gives its seconds.
            resource: who we are.
            server: what the messages go through.
            links: how many links a span may have; None: as many as the largest batch has messages.
            clock: gives seconds.
        """
        self._choice, self._server = Choice(sampling, clock), server or Server()
        limits, ids = SpanLimits(max_links=MOST_LINKS if links is None else links), TraceIds(sampling.rate)
        provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False, id_generator=ids, span_limits=limits)
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer(names.SCOPE, VERSION)

    def publisher(self, inner: Publisher, pattern: str, options: Options | None = None) -> TracedPublisher:
        """Wrap a publisher; raises KeyError for an unknown pattern."""
        return TracedPublisher(inner, self._spans(pattern, options or Options(), {}))

    def consumer(self, inner: Consumer, pattern: str, options: Options | None = None) -> TracedConsumer:
        """Wrap a consumer; the handler must be wrapped by its `handler`.

        Raises KeyError for an unknown pattern.
        """
        options = options or Options()
        guarantee = PATTERNS[pattern].guarantee
        group = {names.GROUP: options.group} if guarantee.resumes else {}
        return TracedConsumer(inner, self._spans(pattern, options, group), guarantee)

    def _spans(self, pattern: str, options: Options, more: Attributes) -> Spans:
        destination = options.destination or PATTERNS[pattern].destination
        facts: dict[str, str | int] = {
            names.SYSTEM: names.SYSTEM_REDIS,
            names.PATTERN: pattern,
            names.DESTINATION: destination,
            names.CLIENT_ID: options.consumer,
            names.SERVER_ADDRESS: self._server.address,
            names.SERVER_PORT: self._server.port,
            **more,
        }
        told = {name: fact for name, fact in facts.items() if fact}
        return Spans(self._tracer, self._choice, destination, told)
