"""A publisher whose messages carry their trace."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace
from opentelemetry.trace import SpanContext, get_current_span

from messaging.seam.message import Message
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Backlog, Publisher
from messaging.telemetry import names
from messaging.telemetry.plain_spans import QuietSpan, fail
from messaging.telemetry.propagation import carried, is_sampled, read, unsampled
from messaging.telemetry.spans import CREATE, SEND, SEND_CREATED, Operation, Spans, about

Refused = Failed | Unknown


@dataclass(slots=True)
class _Marked:
    """Messages as they are sent.

    Attributes:
        messages: each with the trace context that it carries.
        parent: the span that they are published in, if any.
        made: the spans that were started for some of them, by their places.
        contexts: what a span for the whole is linked to.
    """

    messages: list[Message]
    parent: SpanContext | None
    made: dict[int, QuietSpan] = field(default_factory=dict)
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
        """Write into each message what it carries, and start the spans of those that are sampled."""
        current = get_current_span().get_span_context()
        parent = current if current.is_valid else None
        if [message for message in messages if message.traceparent is not None]:  # a list is faster than any()
            return self._mark_each(messages, operation, parent)
        untraced = carried(parent) if parent else unsampled()  # one trace for all of them: nobody sees it
        text, state = untraced["traceparent"], untraced["tracestate"]
        marked = _Marked([replace(message, traceparent=text, tracestate=state) for message in messages], parent)
        for place in self._chosen(len(messages), parent):
            self._begin(marked, place, operation)
        return marked

    def _mark_each(self, messages: Sequence[Message], operation: Operation, parent: SpanContext | None) -> _Marked:
        """Do the same where some messages carry a context already."""
        marked = _Marked(list(messages), parent)
        untraced = carried(parent) if parent else unsampled()
        for place, message in enumerate(messages):
            if own := read(message.traceparent, message.tracestate):
                if is_sampled(own):
                    marked.contexts.append(own)
            elif self._chosen(1, parent):
                self._begin(marked, place, operation)
            else:
                marked.messages[place] = replace(message, **untraced)
        return marked

    def _chosen(self, count: int, parent: SpanContext | None) -> Sequence[int]:
        """Return which of so many messages without a trace have one, as places."""
        ids = self._spans.ids
        if parent is None:
            return ids.choose(count)
        return range(count) if ids.takes(parent) else ()

    def _begin(self, marked: _Marked, place: int, operation: Operation) -> None:
        message = marked.messages[place]
        span = self._spans.quiet(operation, about(1, message.id), marked.parent)
        marked.messages[place] = replace(message, **carried(span.context))
        marked.made[place] = span
        marked.contexts.append(span.context)

    async def _send(self, span: QuietSpan, messages: list[Message]) -> list[Outcome]:
        with span:
            outcomes = await self._inner.publish(messages)
            _note(span, outcomes, _bad(outcomes))
        return outcomes

    async def _send_created(self, marked: _Marked) -> list[Outcome]:
        """Send with a span of its own; the messages' spans end as of now, but are told what became of them."""
        created, outcomes, bad = time.time_ns(), list[Outcome](), list[Refused]()
        what = about(len(marked.messages), marked.messages[0].id)
        span = self._spans.quiet(SEND_CREATED, what, marked.parent, marked.contexts)
        try:
            with span:
                outcomes = await self._inner.publish(marked.messages)
                bad = _bad(outcomes)
                _note(span, outcomes, bad)
        finally:
            for place, made in marked.made.items():
                if bad:
                    mine = outcomes[place : place + 1]
                    _note(made, mine, _bad(mine))
                made.end(created)
        return outcomes


def _bad(outcomes: Sequence[Outcome]) -> list[Refused]:
    """Return what is no acknowledgement; that there is nothing is found out in one step."""
    if list(map(type, outcomes)).count(Acknowledged) == len(outcomes):
        return []
    return [outcome for outcome in outcomes if not isinstance(outcome, Acknowledged)]


def _unacknowledged(messages: list[Message], outcomes: list[Outcome]) -> dict[str, Message]:
    if not _bad(outcomes):
        return {}
    pairs = zip(messages, outcomes, strict=True)
    return {message.id: message for message, outcome in pairs if not isinstance(outcome, Acknowledged)}


def _note(span: QuietSpan, outcomes: Sequence[Outcome], bad: list[Refused]) -> None:
    """Tell a span what became of its messages, where that is not simply an acknowledgement."""
    if not bad:
        return
    failed = sum(isinstance(outcome, Failed) for outcome in bad)
    if len(outcomes) == 1:
        span.set_attributes({names.OUTCOME: names.ERROR_FAILED if failed else names.ERROR_UNKNOWN})
    else:
        span.set_attributes({names.FAILED_COUNT: failed, names.UNKNOWN_COUNT: len(bad) - failed})
    fail(span, type(bad[0].error).__name__, str(bad[0].error))
