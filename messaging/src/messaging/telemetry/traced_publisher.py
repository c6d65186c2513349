"""A publisher whose messages carry their trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace
from opentelemetry.context import Context, get_current
from opentelemetry.trace import Span, SpanContext, get_current_span

from messaging.message import Message
from messaging.pattern import Acknowledged, Backlog, Failed, Outcome, Publisher
from messaging.telemetry import names
from messaging.telemetry.propagation import carried, is_sampled, read, unsampled
from messaging.telemetry.spans import CREATE, SEND, SEND_CREATED, Operation, Spans, about, fail, lasting


@dataclass(slots=True)
class _Marked:
    """Messages as they are sent.

    Attributes:
        messages: each with the trace context that it carries.
        made: the spans that were started for some of them, by their places.
        contexts: what a span for the whole is linked to.
    """

    messages: list[Message] = field(default_factory=list)
    made: dict[int, Span] = field(default_factory=dict)
    contexts: list[SpanContext] = field(default_factory=list)


class TracedPublisher:
    """Gives each message its trace context, and makes the spans of those that are sampled.

    A message sent alone has a span `send`. In a batch each has a span `create`, and the batch one
    span `send` that is linked to them. A message that carries a context already keeps it: one that
    is passed on, or one that is sent again because it was not acknowledged the last time.
    """

    def __init__(self, inner: Publisher, spans: Spans) -> None:
        """Wrap a publisher; `messaging.telemetry.tracing.Tracing` does."""
        self._inner, self._spans = inner, spans
        self._again: dict[str, Message] = {}  # what the last publish left unacknowledged, by id

    async def open(self) -> None:
        """Open the wrapped publisher."""
        await self._inner.open()

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Publish, each message with its trace context."""
        if self._again:
            messages = [self._again.get(message.id, message) for message in messages]
        alone = len(messages) == 1
        marked = self._mark(messages, SEND if alone else CREATE)
        if not marked.contexts:
            outcomes = await self._inner.publish(marked.messages)
        elif alone and marked.made:
            outcomes = await self._send(marked.made[0], marked.messages)
        else:
            outcomes = await self._send_created(marked)
        self._again = _unacknowledged(marked.messages, outcomes)
        return outcomes

    async def backlog(self) -> Backlog:
        """Ask the wrapped publisher."""
        return await self._inner.backlog()

    async def aclose(self) -> None:
        """Close the wrapped publisher."""
        await self._inner.aclose()

    def _mark(self, messages: Sequence[Message], operation: Operation) -> _Marked:
        """Start the spans of sampled messages, and write into each message what it carries."""
        marked, current = _Marked(), get_current_span().get_span_context()
        untraced = carried(current) if current.is_valid else unsampled()  # one trace id for all of them: nobody sees it
        parent = get_current() if current.is_valid else None
        decide = self._decider(current)
        for place, message in enumerate(messages):
            if message.traceparent is not None and (own := read(message.traceparent, message.tracestate)):
                marked.messages.append(message)
                if is_sampled(own):
                    marked.contexts.append(own)
            elif (trace_id := decide()) is None:
                marked.messages.append(replace(message, **untraced))
            else:
                self._begin(marked, place, message, operation, parent, trace_id)
        return marked

    def _decider(self, current: SpanContext) -> Callable[[], int | None]:
        """Return what returns the id of a message's trace, 0 for any, None when it is not sampled."""
        ids = self._spans.ids
        if not current.is_valid:
            return ids.decide
        decision = 0 if is_sampled(current) or ids.rate is None else None
        return lambda: decision

    def _begin(
        self, marked: _Marked, place: int, message: Message, operation: Operation, parent: Context | None, trace_id: int
    ) -> None:
        span = self._spans.start(operation, about(1, message.id), parent=parent, trace_id=trace_id)
        context = span.get_span_context()
        marked.messages.append(replace(message, **carried(context)))
        if is_sampled(context):
            marked.made[place] = span
            marked.contexts.append(context)

    async def _send(self, span: Span, messages: list[Message]) -> list[Outcome]:
        with lasting(span):
            outcomes = await self._inner.publish(messages)
            _note(span, outcomes)
        return outcomes

    async def _send_created(self, marked: _Marked) -> list[Outcome]:
        """Send with a span of its own; the messages' spans end as of now, but are told what became of them."""
        created, outcomes = time.time_ns(), list[Outcome]()
        current = get_current_span().get_span_context().is_valid
        span = self._spans.start(
            SEND_CREATED,
            about(len(marked.messages), marked.messages[0].id),
            parent=get_current() if current else None,
            trace_id=0 if current else self._spans.ids.sampled(),
            links=marked.contexts,
        )
        try:
            with lasting(span):
                outcomes = await self._inner.publish(marked.messages)
                _note(span, outcomes)
        finally:
            for place, made in marked.made.items():
                _note(made, outcomes[place : place + 1])
                made.end(created)
        return outcomes


def _unacknowledged(messages: list[Message], outcomes: list[Outcome]) -> dict[str, Message]:
    if all(type(outcome) is Acknowledged for outcome in outcomes):
        return {}
    pairs = zip(messages, outcomes, strict=True)
    return {message.id: message for message, outcome in pairs if not isinstance(outcome, Acknowledged)}


def _note(span: Span, outcomes: Sequence[Outcome]) -> None:
    """Tell a span what became of its messages, where that is not simply an acknowledgement."""
    bad = [outcome for outcome in outcomes if not isinstance(outcome, Acknowledged)]
    if not bad:
        return
    failed = sum(isinstance(outcome, Failed) for outcome in bad)
    if len(outcomes) == 1:
        span.set_attribute(names.OUTCOME, names.ERROR_FAILED if failed else names.ERROR_UNKNOWN)
    else:
        span.set_attributes({names.FAILED_COUNT: failed, names.UNKNOWN_COUNT: len(bad) - failed})
    fail(span, type(bad[0].error).__name__, str(bad[0].error))
