"""The spans of one destination: their names, kinds and attributes, as the conventions have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import getrandbits
from time import time_ns
from types import TracebackType
from typing import Protocol, Self

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
    use_span,
)

from messaging.telemetry import names
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.sampling import TraceIds

Attributes = Mapping[str, str | int]
_RANDOM_ID = 0x02  # W3C trace context, level 2


@dataclass(frozen=True, slots=True, eq=False)
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
SEND_CREATED = Operation(names.OPERATION_SEND, SpanKind.CLIENT)  # of messages that have spans of their own
RECEIVE = Operation(names.OPERATION_RECEIVE, SpanKind.CLIENT)
PROCESS = Operation(names.OPERATION_PROCESS, SpanKind.CONSUMER)
SETTLE = Operation(names.OPERATION_SETTLE, SpanKind.CLIENT)
OPERATIONS = (CREATE, SEND, SEND_CREATED, RECEIVE, PROCESS, SETTLE)


class Noted(Protocol):
    """A span, as far as one can note something in it."""

    def set_attributes(self, attributes: Attributes) -> None:
        """Add attributes."""

    def set_status(self, status: StatusCode, description: str | None = None) -> None:
        """Say how it went."""


class QuietSpan:
    """A span that no code of others sees before it has ended: it is made of plain values.

    That takes a fifth of the time of a live one. As a block it ends with the block, and what the
    block raises is its error.

    Attributes:
        context: its ids.
    """

    __slots__ = ("_attributes", "_kind", "_links", "_name", "_parent", "_spans", "_start", "_status", "context")

    def __init__(
        self,
        spans: Spans,
        name: str,
        kind: SpanKind,
        attributes: dict[str, str | int],
        parent: SpanContext | None,
        links: Sequence[SpanContext],
        start: int,
    ) -> None:
        """Begin; `Spans.quiet` does."""
        self._spans, self._name, self._kind, self._attributes = spans, name, kind, attributes
        self._parent, self._links, self._start, self._status = parent, links, start, _UNSET
        if parent is None:
            self.context = SpanContext(spans.ids.sampled(), getrandbits(64), False, spans.flags)  # noqa: FBT003
        else:
            flags = TraceFlags(parent.trace_flags | TraceFlags.SAMPLED)
            self.context = SpanContext(parent.trace_id, getrandbits(64), False, flags, parent.trace_state)  # noqa: FBT003

    def set_attributes(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._attributes.update(attributes)

    def set_status(self, status: StatusCode, description: str | None = None) -> None:
        """Say how it went."""
        self._status = Status(status, description)

    def end(self, at: int | None = None) -> None:
        """Hand it over for export; `at` is in nanoseconds of UNIX time, None: now."""
        spans = self._spans
        spans.hand_over(
            ReadableSpan(
                name=self._name,
                context=self.context,
                parent=self._parent,
                resource=spans.resource,
                attributes=self._attributes,
                links=[Link(context) for context in self._links[-spans.links :]],
                kind=self._kind,
                status=self._status,
                start_time=self._start,
                end_time=time_ns() if at is None else at,
                instrumentation_scope=spans.scope,
            )
        )

    def __enter__(self) -> Self:
        """Begin the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End with the block."""
        if error is not None:
            fail(self, type(error).__name__, str(error))
        self.end()


_UNSET = Status()


class Spans:
    """Starts the spans of one destination.

    Attributes:
        ids: decides what is sampled.
        flags: of a trace that begins here, and is sampled.
        resource: who makes them.
        scope: what makes them.
        links: how many links a span may have.
        hand_over: is given what has ended.
    """

    def __init__(
        self, provider: MessageTracerProvider, scope: InstrumentationScope, destination: str, facts: Attributes
    ) -> None:
        """Start spans that all carry these facts."""
        self._tracer = provider.get_tracer(scope.name, scope.version)
        self.ids: TraceIds = provider.ids
        self.flags = TraceFlags(TraceFlags.SAMPLED | (_RANDOM_ID if self.ids.is_trace_id_random() else 0))
        self.resource, self.scope, self.links = provider.resource, scope, provider.links
        self.hand_over = provider.sink.on_end
        self._usual: dict[Operation, tuple[str, dict[str, str | int]]] = {
            operation: (
                f"{operation.name} {destination}",
                {**facts, names.OPERATION: operation.name, names.OPERATION_TYPE: operation.name},
            )
            for operation in OPERATIONS
        }

    def live(
        self, operation: Operation, about: Attributes, parent: Context | None, links: Sequence[SpanContext] = ()
    ) -> Span:
        """Start a span that others may see, as the current one.

        Args:
            operation: what it stands for.
            about: further attributes.
            parent: holds its parent; None: it begins a trace that is sampled.
            links: what it is linked to.
        """
        if parent is None:
            self.ids.keep(self.ids.sampled())
        name, usual = self._usual[operation]
        context = Context() if parent is None else parent
        linked = [Link(context) for context in links]
        return self._tracer.start_span(name, context, operation.kind, {**usual, **about}, linked)

    def quiet(
        self,
        operation: Operation,
        about: Attributes,
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
        at: int | None = None,
    ) -> QuietSpan:
        """Start a span that nobody sees before it has ended.

        Args:
            operation: what it stands for.
            about: further attributes.
            parent: its parent; None: it begins a trace that is sampled.
            links: what it is linked to.
            at: when it began, in nanoseconds of UNIX time; None: now.
        """
        name, usual = self._usual[operation]
        start = time_ns() if at is None else at
        return QuietSpan(self, name, operation.kind, {**usual, **about}, parent, links, start)


def below(parent: SpanContext) -> Context:
    """Return a context in which spans are children of `parent`, and nothing else."""
    return set_span_in_context(NonRecordingSpan(parent), Context())


def about(count: int, message_id: str) -> Attributes:
    """Return what tells which messages a span is about: how many, or which one."""
    return {names.MESSAGE_ID: message_id} if count == 1 else {names.BATCH_COUNT: count}


@contextmanager
def lasting(span: Span) -> Iterator[Span]:
    """Make a live span the current one for the block, and end it; what is raised is its error, with traceback."""
    try:
        with use_span(span, record_exception=False, set_status_on_exception=False):
            yield span
    except BaseException as error:
        span.record_exception(error)
        fail(span, type(error).__name__, str(error))
        raise
    finally:
        span.end()


def fail(span: Noted, kind: str, text: str) -> None:
    """Note that what a span stands for went wrong: a short kind, and the words."""
    span.set_attributes({names.ERROR_TYPE: kind})
    span.set_status(StatusCode.ERROR, text)
