"""The spans of one destination: their names, kinds and attributes, as the conventions have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, Tracer
from opentelemetry.trace import set_span_in_context as with_span

from messaging.telemetry import names
from messaging.telemetry.tracing.sampling import Choice

Attributes = Mapping[str, str | int]


class Operation(NamedTuple):
    """What a span stands for: the first word of its name, which is its type as well, and its kind."""

    name: str
    kind: SpanKind


CREATE = Operation(names.OPERATION_CREATE, SpanKind.PRODUCER)
SEND = Operation(names.OPERATION_SEND, SpanKind.PRODUCER)
SEND_CREATED = Operation(names.OPERATION_SEND, SpanKind.CLIENT)  # of messages that have spans of their own
RECEIVE = Operation(names.OPERATION_RECEIVE, SpanKind.CLIENT)
PROCESS = Operation(names.OPERATION_PROCESS, SpanKind.CONSUMER)
SETTLE = Operation(names.OPERATION_SETTLE, SpanKind.CLIENT)


class Spans:
    """Starts the spans of one destination; its `choice` decides which messages have some."""

    def __init__(self, tracer: Tracer, choice: Choice, destination: str, facts: Attributes) -> None:
        """Start spans that all carry these facts, by a tracer that samples each."""
        self._tracer, self.choice, self._destination, self._facts = tracer, choice, destination, facts

    def start(
        self,
        operation: Operation,
        about: Attributes,
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
        at: int | None = None,
    ) -> Span:
        """Start a span, with what it is about and linked to; it begins at a time in nanoseconds; None: now.

        Without a parent it begins a trace.
        """
        own = {names.OPERATION: operation.name, names.OPERATION_TYPE: operation.name}
        return self._tracer.start_span(
            f"{operation.name} {self._destination}",
            Context() if parent is None else below(parent),
            operation.kind,
            {**self._facts, **own, **about},
            [Link(context) for context in links],
            at,
        )


def below(parent: SpanContext) -> Context:
    """Return a context in which spans are children of `parent`, and nothing else."""
    return with_span(NonRecordingSpan(parent), Context())


def about(count: int, message_id: str) -> dict[str, str | int]:
    """Return what tells which messages a span is about: how many, or which one."""
    return {names.MESSAGE_ID: message_id} if count == 1 else {names.BATCH_COUNT: count}


def fail(span: Span, kind: str, text: str) -> None:
    """Note that what a span stands for went wrong: a short kind, and the words."""
    span.set_attribute(names.ERROR_TYPE, kind)
    span.set_status(StatusCode.ERROR, text)


@contextmanager
def ending(span: Span) -> Iterator[Span]:
    """End a span with the block; what is raised is its error."""
    try:
        yield span
    except BaseException as error:
        fail(span, type(error).__name__, str(error))
        raise
    finally:
        span.end()
