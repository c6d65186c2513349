"""Distributed tracing: wrappers around publishers, consumers and handlers.

One trace a message, from the send to each process of it. What is not traced is not wrapped; the
patterns know nothing of it. docs/telemetry.md shows what a trace looks like.
"""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from messaging.patterns import PATTERNS
from messaging.seam.options import Options
from messaging.seam.pattern import Consumer, Publisher
from messaging.telemetry import names
from messaging.telemetry.plain_spans import Attributes
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.server import Server
from messaging.telemetry.spans import Spans
from messaging.telemetry.traced_consumer import TracedConsumer
from messaging.telemetry.traced_handler import context_of
from messaging.telemetry.traced_publisher import TracedPublisher

__all__ = ["Server", "TracedConsumer", "TracedPublisher", "Tracing", "context_of"]

VERSION = version("redis-messaging-patterns")


class Tracing:
    """Wraps what is to be traced."""

    def __init__(self, provider: MessageTracerProvider, server: Server | None = None) -> None:
        """Make spans by this provider, about messages that go through this server."""
        self._provider, self._server = provider, server or Server()

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
        return Spans(self._provider, InstrumentationScope(names.SCOPE, VERSION), destination, told)
