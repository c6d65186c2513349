"""A consumer whose messages' traces go on: the spans `receive` and `settle`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from opentelemetry.trace import Span, SpanContext

from messaging.seam.delivery import Batch, Delivery
from messaging.seam.errors import MessagingError
from messaging.seam.guarantee import Guarantee
from messaging.seam.pattern import Consumer
from messaging.seam.settlements import Ack, Settled, Settlement
from messaging.telemetry import names
from messaging.telemetry.tracing.handler import Processing
from messaging.telemetry.tracing.propagation import is_refused, is_sampled, read, unsampled
from messaging.telemetry.tracing.spans import RECEIVE, SETTLE, Spans, about, ending, fail

_COUNTS = (names.ACKED_COUNT, names.RETRIED_COUNT, names.DEAD_COUNT, names.STALE_COUNT)


class TracedConsumer:
    """Makes the spans of sampled messages; those that are not sampled cost one comparison each.

    Attributes:
        signals: the wrapped consumer's.
        handler: wraps the handler of what it receives; see `Processing.handler`.
    """

    def __init__(self, inner: Consumer, spans: Spans, guarantee: Guarantee) -> None:
        """Wrap a consumer; `messaging.telemetry.tracing.Tracing` does."""
        self._inner, self._spans, self._guarantee = inner, spans, guarantee
        self._processing = Processing(spans)
        # The traceparent seen last that is not sampled: all such messages of one publish have the same.
        self._unsampled: str | None = unsampled()["traceparent"]
        self.signals, self.handler = inner.signals, self._processing.handler
        self.open, self.renew, self.leave = inner.open, inner.renew, inner.leave
        self.hand_back, self.backlog, self.aclose = inner.hand_back, inner.backlog, inner.aclose

    async def receive(self, limit: int) -> Batch:
        """Receive; what brought nothing has no span."""
        start = time.time_ns()
        try:
            batch = await self._inner.receive(limit)
        except MessagingError as error:
            self._not_received(start, error)
            raise
        self._arrived(batch, start)
        return batch

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Settle; there is a span where the server is told something."""
        with self._settling(batch, settlements) as span:
            settled = await self._inner.settle(batch, settlements)
            _note(span, settled)
        return settled

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle and receive in one round trip, which is both spans' duration."""
        start = time.time_ns()
        with self._settling(batch, settlements) as span:
            settled, following = await self._inner.exchange(batch, settlements, limit)
            _note(span, settled)
        self._arrived(following, start)
        return settled, following

    def _arrived(self, batch: Batch, start: int) -> None:
        """Find out which messages are sampled, and make the span of their receive."""
        processing = self._processing
        sampled = processing.sampled = self._sampled(batch.deliveries)
        processing.received, processing.processed = [], []
        if not sampled or self._guarantee.fan_out:  # a channel pushes: nobody asks
            return
        links = [parent for parent in sampled.values() if parent is not None]
        span = self._spans.start(RECEIVE, about(len(batch), batch.deliveries[0].message.id), None, links, start)
        span.end()
        processing.received = [span.get_span_context()]

    def _sampled(self, deliveries: list[Delivery]) -> dict[int, SpanContext | None]:
        """Return the contexts of those that are sampled: what comes sampled goes on, the rest is ours to choose."""
        choice, found = self._spans.choice, dict[int, SpanContext | None]()
        new, others = list[Delivery](), dict[int, SpanContext | None]()
        for some in (deliveries[:1], deliveries[1:]):  # the first one tells what most of the others carry
            usual = self._unsampled
            for delivery in [one for one in some if one.message.traceparent != usual]:
                text = delivery.message.traceparent
                if text and choice.follows_parents and is_refused(text):
                    self._unsampled = text
                elif (parent := read(text, delivery.message.tracestate)) is None:
                    new.append(delivery)
                elif choice.takes(parent):
                    (found if is_sampled(parent) else others)[id(delivery)] = parent
        keys = list(others)
        found |= {keys[place]: others[keys[place]] for place in choice.capped(range(len(keys)))}
        return found | dict.fromkeys([id(new[place]) for place in choice.new(len(new))])

    def _not_received(self, start: int, error: MessagingError) -> None:
        """Make the span of a receive that failed, if it is sampled as any new trace."""
        if not self._guarantee.fan_out and self._spans.choice.new(1):
            span = self._spans.start(RECEIVE, {}, at=start)
            fail(span, type(error).__name__, str(error))
            span.end()

    def _settling(self, batch: Batch, settlements: Sequence[Settlement] | None) -> AbstractContextManager[Span | None]:
        processed = self._processing.processed
        if not processed or not (self._guarantee.redelivers or self._buries(batch, settlements)):
            return nullcontext()
        what = about(len(batch), batch.deliveries[0].message.id)
        if len(batch) == 1:
            return ending(self._spans.start(SETTLE, what, processed[0]))
        return ending(self._spans.start(SETTLE, what, links=processed))

    def _buries(self, batch: Batch, settlements: Sequence[Settlement] | None) -> bool:
        """Tell whether a pattern that does not redeliver has dead letters to write."""
        refused = any(not isinstance(settlement, Ack) for settlement in settlements or ())
        return self._guarantee.persistent and (refused or bool(batch.malformed))


def _note(span: Span | None, settled: Settled) -> None:
    if span is None:
        return
    span.set_attributes({name: count for name, count in zip(_COUNTS, settled, strict=True) if count})
    if settled.stale:
        fail(span, names.ERROR_STALE, "another consumer has them by now")
