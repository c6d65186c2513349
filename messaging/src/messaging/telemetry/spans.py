"""The spans of one destination: their names, kinds and attributes, as the conventions have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import getrandbits
from time import time_ns

from opentelemetry.context import Context
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
    use_span,
)

from messaging.telemetry import names
from messaging.telemetry.plain_spans import Attributes, QuietSpan, Usual, fail
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.sampling import TraceIds

_SAMPLED = TraceFlags.SAMPLED
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


class Spans:
    """Starts the spans of one destination.

    Attributes:
        ids: decides what is sampled.
    """

    def __init__(
        self, provider: MessageTracerProvider, scope: InstrumentationScope, destination: str, facts: Attributes
    ) -> None:
        """Start spans that all carry these facts."""
        self._tracer = provider.get_tracer(scope.name, scope.version)
        self.ids: TraceIds = provider.ids
        self._flags = TraceFlags(_SAMPLED | (_RANDOM_ID if self.ids.is_trace_id_random() else 0))
        self._usual = {
            operation: Usual(
                f"{operation.name} {destination}",
                operation.kind,
                {**facts, names.OPERATION: operation.name, names.OPERATION_TYPE: operation.name},
                provider.resource,
                scope,
                provider.links,
                provider.take,
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
        usual = self._usual[operation]
        context = Context() if parent is None else parent
        linked = [Link(context) for context in links]
        return self._tracer.start_span(usual.name, context, usual.kind, {**usual.facts, **about}, linked)

    def quiet(
        self,
        operation: Operation,
        about: dict[str, str | int],
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
        if parent is None:
            context = SpanContext(self.ids.sampled(), getrandbits(64), False, self._flags)  # noqa: FBT003
        else:
            trace_id, _, _, flags, state, _ = parent
            if not flags & _SAMPLED:
                flags = TraceFlags(flags | _SAMPLED)
            context = SpanContext(trace_id, getrandbits(64), False, flags, state)  # noqa: FBT003
        start = time_ns() if at is None else at
        return QuietSpan(self._usual[operation], context, parent, about, links, start)


def below(parent: SpanContext) -> Context:
    """Return a context in which spans are children of `parent`, and nothing else."""
    return set_span_in_context(NonRecordingSpan(parent), Context())


def about(count: int, message_id: str) -> dict[str, str | int]:
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
