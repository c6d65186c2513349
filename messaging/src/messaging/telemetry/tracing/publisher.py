"""A publisher whose messages carry their trace."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace
from opentelemetry.trace import Span, SpanContext, get_current_span

from messaging.seam.message import Message
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Publisher
from messaging.telemetry import names
from messaging.telemetry.tracing.propagation import carried, is_sampled, read, unsampled
from messaging.telemetry.tracing.spans import CREATE, SEND, SEND_CREATED, Operation, Spans, about, ending, fail


class _Marked(NamedTuple):
    """Messages as they are sent."""

    messages: list[Message]  # each with the trace context that it carries
    parent: SpanContext | None  # the span that they are published in
    made: dict[int, Span]  # those that were started for some of them, by their places
    contexts: list[SpanContext]  # what a span for the whole is linked to


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
        self.open, self.backlog, self.aclose = inner.open, inner.backlog, inner.aclose

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Publish, each message with its trace context."""
        if self._again:
            messages = [self._again.get(message.id, message) for message in messages]
        marked = self._mark(messages, SEND if len(messages) == 1 else CREATE)
        outcomes = await (self._traced(marked) if marked.contexts else self._inner.publish(marked.messages))
        self._again = {}
        if _refused(outcomes):
            pairs = zip(marked.messages, outcomes, strict=True)
            self._again = {message.id: message for message, one in pairs if not isinstance(one, Acknowledged)}
        return outcomes

    def _mark(self, messages: Sequence[Message], operation: Operation) -> _Marked:
        """Write into each message what it carries, and start the spans of those that are sampled."""
        current = get_current_span().get_span_context()
        parent = current if current.is_valid else None
        untraced = unsampled(parent)  # one context for all of them: nobody records it
        text, state = untraced["traceparent"], untraced["tracestate"]
        free: Sequence[int] = range(len(messages))
        contexts: list[SpanContext] = []
        if [message for message in messages if message.traceparent is not None]:  # a list is faster than any()
            own = [read(message.traceparent, message.tracestate) for message in messages]
            free = [place for place, context in enumerate(own) if context is None]
            contexts = [context for context in own if context is not None and is_sampled(context)]
            pairs = zip(messages, own, strict=True)
            marked = [one if context else replace(one, traceparent=text, tracestate=state) for one, context in pairs]
        else:
            marked = [replace(message, traceparent=text, tracestate=state) for message in messages]
        made: dict[int, Span] = {}
        for place in [free[chosen] for chosen in self._chosen(len(free), parent)]:
            span = made[place] = self._spans.start(operation, about(1, marked[place].id), parent)
            contexts.append(span.get_span_context())
            marked[place] = replace(marked[place], **carried(contexts[-1]))
        return _Marked(marked, parent, made, contexts)

    def _chosen(self, count: int, parent: SpanContext | None) -> Sequence[int]:
        """Return which of so many messages without a context have a span, as places."""
        choice = self._spans.choice
        if parent is None:
            return choice.new(count)
        return choice.capped(range(count)) if choice.takes(parent) else ()

    async def _traced(self, marked: _Marked) -> list[Outcome]:
        """Send within a span; those of the messages end as of now, but are told what became of them."""
        created, outcomes = time.time_ns(), list[Outcome]()
        if len(marked.messages) == 1 and marked.made:
            span = marked.made.pop(0)
        else:
            what = about(len(marked.messages), marked.messages[0].id)
            span = self._spans.start(SEND_CREATED, what, marked.parent, marked.contexts)
        try:
            with ending(span):
                outcomes = await self._inner.publish(marked.messages)
                _note(span, outcomes)
        finally:
            for place, made in marked.made.items():
                _note(made, outcomes[place : place + 1])
                made.end(created)
        return outcomes


def _refused(outcomes: Sequence[Outcome]) -> list[Failed | Unknown]:
    """Return what is no acknowledgement; that there is nothing is found out in one step."""
    if list(map(type, outcomes)).count(Acknowledged) == len(outcomes):
        return []
    return [outcome for outcome in outcomes if not isinstance(outcome, Acknowledged)]


def _note(span: Span, outcomes: Sequence[Outcome]) -> None:
    """Tell a span what became of its messages, where that is not simply an acknowledgement."""
    refused = _refused(outcomes)
    if not refused:
        return
    failed = sum(isinstance(outcome, Failed) for outcome in refused)
    if len(outcomes) == 1:
        span.set_attribute(names.OUTCOME, names.ERROR_FAILED if failed else names.ERROR_UNKNOWN)
    else:
        span.set_attributes({names.FAILED_COUNT: failed, names.UNKNOWN_COUNT: len(refused) - failed})
    fail(span, type(refused[0].error).__name__, str(refused[0].error))
