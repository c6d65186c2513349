"""A handler whose messages' traces go on: the spans `process`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar

from opentelemetry.trace import INVALID_SPAN, Span, SpanContext

from messaging.handler import Handler, SingleHandler, each, single_of
from messaging.pattern import Ack, Delivery, Settlement
from messaging.telemetry import names
from messaging.telemetry.propagation import is_sampled
from messaging.telemetry.spans import PROCESS, Spans, about, below, fail, lasting

_NONE: Mapping[int, Span] = {}
_spans: ContextVar[Mapping[int, Span]] = ContextVar("messaging-process-spans", default=_NONE)


def span_of(delivery: Delivery) -> Span:
    """Return the span `process` of a delivery, inside its handler; one that records nothing when it is not sampled.

    A handler of whole batches makes it current where it works on one message::

        with opentelemetry.trace.use_span(span_of(delivery)): ...
    """
    return _spans.get().get(id(delivery), INVALID_SPAN)


class Sampled:
    """A message of the batch in hand whose trace is recorded.

    Attributes:
        parent: the context that it carries; None: its trace begins here.
        trace_id: the id of that trace, 0 for any.
        process: the context of its span `process`, once there is one.
    """

    __slots__ = ("parent", "process", "trace_id")

    def __init__(self, parent: SpanContext | None, trace_id: int = 0) -> None:
        """Begin without a span."""
        self.parent, self.trace_id = parent, trace_id
        self.process: SpanContext | None = None


class Processing:
    """The batch in hand, as far as it is sampled.

    Attributes:
        sampled: the messages, by the id() of their deliveries.
        received: the context of the batch's span `receive`, where there is one.
    """

    def __init__(self, spans: Spans) -> None:
        """Begin with nothing in hand."""
        self._start = spans.start
        self.sampled: dict[int, Sampled] = {}
        self.received: list[SpanContext] = []

    def handler(self, handler: Handler) -> Handler:
        """Wrap a handler; see `TracedConsumer.handler`."""
        single = single_of(handler)
        traced = self._whole(handler) if single is None else each(self._single(single))

        async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            return await (traced if self.sampled else handler)(deliveries)

        return handle

    def _single(self, handle: SingleHandler) -> SingleHandler:
        async def traced(delivery: Delivery) -> Settlement | None:
            if id(delivery) not in self.sampled:
                return await handle(delivery)
            with self._open([delivery]) as spans:
                settlement = await handle(delivery)
                _note(spans[id(delivery)], settlement)
            return settlement

        return traced

    def _whole(self, handler: Handler) -> Handler:
        async def traced(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            with self._open(deliveries) as spans:
                settlements = await handler(deliveries)
                for delivery, settlement in zip(deliveries, settlements or (), strict=False):
                    if id(delivery) in spans:
                        _note(spans[id(delivery)], settlement)
            return settlements

        return traced

    @contextmanager
    def _open(self, deliveries: Sequence[Delivery]) -> Iterator[Mapping[int, Span]]:
        """Keep the spans of those that are sampled open; the current one is that of a message alone."""
        with ExitStack() as stack:
            spans: dict[int, Span] = {}
            for delivery in deliveries:
                if (sampled := self.sampled.get(id(delivery))) is not None:
                    spans[id(delivery)] = span = self._span(delivery, sampled)
                    stack.enter_context(lasting(span, current=len(deliveries) == 1, traceback=True))
            token = _spans.set(spans)
            try:
                yield spans
            finally:
                _spans.reset(token)

    def _span(self, delivery: Delivery, sampled: Sampled) -> Span:
        span = self._start(
            PROCESS,
            {**about(1, delivery.message.id), names.DELIVERY_COUNT: delivery.count},
            parent=None if sampled.parent is None else below(sampled.parent),
            trace_id=sampled.trace_id,
            links=self.received,
        )
        context = span.get_span_context()
        sampled.process = context if is_sampled(context) else None
        return span


def _note(span: Span, settlement: Settlement | None) -> None:
    """Tell a message's span what the handler said, where it did not simply finish it."""
    if settlement is not None and not isinstance(settlement, Ack):
        verdict = type(settlement).__name__.lower()
        span.set_attribute(names.SETTLEMENT, verdict)
        fail(span, verdict, settlement.reason)
