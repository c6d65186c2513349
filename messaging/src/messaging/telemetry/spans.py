"""The spans of one destination: their names, kinds and attributes, as the conventions have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    Tracer,
    set_span_in_context,
    use_span,
)

from messaging.telemetry import names
from messaging.telemetry.sampling import TraceIds

Attributes = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a span stands for.

    Attributes:
        name: the first word of the span's name, and its type.
        kind: its kind.
    """

    name: str
    kind: SpanKind


CREATE = Operation(names.OPERATION_CREATE, SpanKind.PRODUCER)
SEND = Operation(names.OPERATION_SEND, SpanKind.PRODUCER)
SEND_CREATED = Operation(names.OPERATION_SEND, SpanKind.CLIENT)
"""Sends messages that have spans of their own."""
RECEIVE = Operation(names.OPERATION_RECEIVE, SpanKind.CLIENT)
PROCESS = Operation(names.OPERATION_PROCESS, SpanKind.CONSUMER)
SETTLE = Operation(names.OPERATION_SETTLE, SpanKind.CLIENT)


class Spans:
    """Starts the spans of one destination.

    Attributes:
        ids: makes and chooses the ids of new traces.
    """

    def __init__(self, tracer: Tracer, ids: TraceIds, destination: str, facts: Attributes) -> None:
        """Start spans with `tracer` that all carry these facts."""
        self._tracer, self.ids = tracer, ids
        self._destination, self._facts = destination, dict(facts)

    def start(
        self,
        operation: Operation,
        about: Attributes,
        *,
        parent: Context | None = None,
        trace_id: int = 0,
        links: Sequence[SpanContext] = (),
        at: int | None = None,
    ) -> Span:
        """Start a span.

        Args:
            operation: what it stands for.
            about: further attributes.
            parent: holds its parent; None: it begins a trace.
            trace_id: the id of the trace that it begins; 0: any.
            links: what it is linked to.
            at: when it began, in nanoseconds of UNIX time; None: now.
        """
        named = {names.OPERATION: operation.name, names.OPERATION_TYPE: operation.name}
        self.ids.keep(trace_id)
        return self._tracer.start_span(
            f"{operation.name} {self._destination}",
            Context() if parent is None else parent,
            operation.kind,
            {**self._facts, **named, **about},
            [Link(context) for context in links],
            at,
        )


def below(parent: SpanContext) -> Context:
    """Return a context in which spans are children of `parent`, and nothing else."""
    return set_span_in_context(NonRecordingSpan(parent), Context())


def about(count: int, message_id: str) -> Attributes:
    """Return what tells which messages a span is about: how many, or which one."""
    return {names.MESSAGE_ID: message_id} if count == 1 else {names.BATCH_COUNT: count}


@contextmanager
def lasting(span: Span, *, current: bool = True, traceback: bool = False) -> Iterator[Span]:
    """Let a span last as long as the block, whatever happens in it.

    Args:
        span: is ended with the block; what the block raises is its error.
        current: make it the current one meanwhile.
        traceback: keep the traceback of an error, too.
    """
    try:
        with use_span(span, record_exception=False, set_status_on_exception=False) if current else nullcontext():
            yield span
    except BaseException as error:
        if traceback:
            span.record_exception(error)
        fail(span, type(error).__name__, str(error))
        raise
    finally:
        span.end()


def fail(span: Span, kind: str, text: str) -> None:
    """Note that what a span stands for went wrong: a short kind, and the words."""
    span.set_attribute(names.ERROR_TYPE, kind)
    span.set_status(StatusCode.ERROR, text)
