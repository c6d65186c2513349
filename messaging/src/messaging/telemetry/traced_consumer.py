"""A consumer whose messages' traces go on: the spans `receive` and `settle`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from messaging.seam.delivery import Batch, Delivery
from messaging.seam.errors import MessagingError
from messaging.seam.guarantee import Guarantee
from messaging.seam.handler import Handler
from messaging.seam.pattern import Backlog, Consumer
from messaging.seam.settlements import Ack, Settled, Settlement
from messaging.telemetry import names
from messaging.telemetry.plain_spans import QuietSpan, fail
from messaging.telemetry.propagation import is_refused, read, unsampled
from messaging.telemetry.spans import RECEIVE, SETTLE, Spans, about
from messaging.telemetry.traced_handler import Processing, Sampled

_Settling = AbstractContextManager[QuietSpan | None]
_NO_SPAN: _Settling = nullcontext()


class TracedConsumer:
    """Makes the spans of sampled messages; those that are not sampled cost one comparison each.

    Attributes:
        signals: the wrapped consumer's.
    """

    def __init__(self, inner: Consumer, spans: Spans, guarantee: Guarantee) -> None:
        """Wrap a consumer; `messaging.telemetry.tracing.Tracing` does."""
        self._inner, self._spans, self._guarantee = inner, spans, guarantee
        self._processing = Processing(spans)
        # The traceparent seen last that is not sampled: all such messages of one publish have the same.
        self._unsampled: str | None = unsampled()["traceparent"]
        self.signals = inner.signals

    def handler(self, handler: Handler) -> Handler:
        """Wrap the handler of the messages that this consumer receives.

        While a message is handled alone its span is the current one; that is always so in a handler
        made by `each`. Any other finds a message's context by `context_of`.
        """
        return self._processing.handler(handler)

    async def open(self) -> None:
        """Open the wrapped consumer."""
        await self._inner.open()

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

    async def renew(self, batch: Batch) -> bool:
        """Renew through the wrapped consumer."""
        return await self._inner.renew(batch)

    async def leave(self) -> None:
        """Leave through the wrapped consumer."""
        await self._inner.leave()

    async def hand_back(self, batch: Batch) -> None:
        """Hand back through the wrapped consumer."""
        await self._inner.hand_back(batch)

    async def backlog(self) -> Backlog:
        """Ask the wrapped consumer."""
        return await self._inner.backlog()

    async def aclose(self) -> None:
        """Close the wrapped consumer."""
        await self._inner.aclose()

    def _arrived(self, batch: Batch, start: int) -> None:
        """Find out which messages are sampled, and make the span of their receive."""
        processing = self._processing
        sampled = processing.sampled = self._sampled(batch.deliveries)
        processing.received, processing.whole = [], batch.deliveries
        if not sampled or self._guarantee.fan_out:  # a channel pushes: nobody asks
            return
        links = [one.parent for one in sampled.values() if one.parent is not None]
        span = self._spans.quiet(RECEIVE, about(len(batch), batch.deliveries[0].message.id), None, links, start)
        span.end()
        processing.received = [span.context]

    def _sampled(self, deliveries: list[Delivery]) -> dict[int, Sampled]:
        found: dict[int, Sampled] = {}
        new: list[Delivery] = []
        for some in (deliveries[:1], deliveries[1:]):  # the first one tells what most of the others carry
            usual = self._unsampled
            for delivery in [one for one in some if one.message.traceparent != usual]:
                text = delivery.message.traceparent
                if text == self._unsampled:
                    continue
                if self._is_refused(text):
                    self._unsampled = text
                elif parent := read(text, delivery.message.tracestate):
                    found[id(delivery)] = Sampled(delivery, parent)
                else:
                    new.append(delivery)
        for place in self._spans.ids.choose(len(new)) if new else ():
            found[id(new[place])] = Sampled(new[place], None)
        return found

    def _is_refused(self, text: str | None) -> bool:
        """Tell whether a message carries a context below which nothing is sampled."""
        if not text:
            return False
        ids = self._spans.ids
        if ids.follows_parents:
            return is_refused(text)
        parent = read(text)
        return parent is not None and not ids.takes(parent)

    def _not_received(self, start: int, error: MessagingError) -> None:
        """Make the span of a receive that failed, if it is sampled as any new trace."""
        if not self._guarantee.fan_out and self._spans.ids.choose(1):
            span = self._spans.quiet(RECEIVE, {}, at=start)
            fail(span, type(error).__name__, str(error))
            span.end()

    def _settling(self, batch: Batch, settlements: Sequence[Settlement] | None) -> _Settling:
        sampled = self._processing.sampled
        if not sampled or not (self._guarantee.redelivers or self._buries(batch, settlements)):
            return _NO_SPAN
        contexts = [one.process for one in sampled.values() if one.process is not None]
        if not contexts:
            return _NO_SPAN
        what = about(len(batch), batch.deliveries[0].message.id)
        if len(batch) == 1:
            return self._spans.quiet(SETTLE, what, parent=contexts[0])
        return self._spans.quiet(SETTLE, what, links=contexts)

    def _buries(self, batch: Batch, settlements: Sequence[Settlement] | None) -> bool:
        """Tell whether a pattern that does not redeliver has dead letters to write."""
        refused = any(not isinstance(settlement, Ack) for settlement in settlements or ())
        return self._guarantee.persistent and (refused or bool(batch.malformed))


def _note(span: QuietSpan | None, settled: Settled) -> None:
    if span is None:
        return
    counts = (names.ACKED_COUNT, names.RETRIED_COUNT, names.DEAD_COUNT, names.STALE_COUNT)
    span.set_attributes({name: count for name, count in zip(counts, settled, strict=True) if count})
    if settled.stale:
        fail(span, names.ERROR_STALE, "another consumer has them by now")
