"""A handler whose messages' traces go on: the spans `process`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext

from messaging.seam.delivery import Delivery
from messaging.seam.handler import Handler, SingleHandler, each, single_of
from messaging.seam.settlements import Ack, Settlement
from messaging.telemetry import names
from messaging.telemetry.plain_spans import Noted, QuietSpan, fail
from messaging.telemetry.propagation import read
from messaging.telemetry.spans import PROCESS, Spans, about, below, lasting

_NONE: Mapping[int, SpanContext] = {}
_processes: ContextVar[Mapping[int, SpanContext]] = ContextVar("messaging-processes", default=_NONE)


def context_of(delivery: Delivery) -> Context:
    """Return the context of a message, for a handler of whole batches that makes spans for single ones.

    They become children of the message's `process`, or are not sampled where the message is not::

        with tracer.start_as_current_span("price", context_of(delivery)): ...
    """
    message = delivery.message
    parent = _processes.get().get(id(delivery)) or read(message.traceparent, message.tracestate)
    return Context() if parent is None else below(parent)


class Sampled:
    """A message of the batch in hand whose trace is recorded.

    Attributes:
        delivery: the message as it came.
        parent: the context that it carries; None: its trace begins here.
        process: the context of its span `process`, once there is one.
    """

    __slots__ = ("delivery", "parent", "process")

    def __init__(self, delivery: Delivery, parent: SpanContext | None) -> None:
        """Begin without a span."""
        self.delivery, self.parent = delivery, parent
        self.process: SpanContext | None = None


class Processing:
    """The batch in hand, as far as it is sampled.

    Attributes:
        sampled: the messages, by the id() of their deliveries.
        received: the context of the batch's span `receive`, where there is one.
        whole: the messages of the batch; a handler may be given a part of them.
    """

    def __init__(self, spans: Spans) -> None:
        """Begin with nothing in hand."""
        self._spans = spans
        self.sampled: dict[int, Sampled] = {}
        self.received: list[SpanContext] = []
        self.whole: Sequence[Delivery] = ()

    def handler(self, handler: Handler) -> Handler:
        """Wrap a handler; see `TracedConsumer.handler`."""
        single = single_of(handler)
        traced = self._whole(handler) if single is None else each(self._single(single))

        async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            return await (traced if self.sampled else handler)(deliveries)

        return handle

    def _single(self, handle: SingleHandler) -> SingleHandler:
        async def traced(delivery: Delivery) -> Settlement | None:
            with self._alone(delivery) as span:
                settlement = await handle(delivery)
                _note(span, settlement)
            return settlement

        return traced

    def _whole(self, handler: Handler) -> Handler:
        async def traced(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            if len(deliveries) == 1:
                with self._alone(deliveries[0]) as alone:
                    settlements = await handler(deliveries)
                    _note(alone, settlements[0] if settlements else None)
                return settlements
            spans = self._together(deliveries)
            token = _processes.set({key: span.context for key, span in spans.items()})
            try:
                settlements = await handler(deliveries)
                for delivery, settlement in zip(deliveries, settlements or (), strict=False):
                    _note(spans.get(id(delivery)), settlement)
            except BaseException as error:
                for span in spans.values():
                    fail(span, type(error).__name__, str(error))
                raise
            finally:
                _processes.reset(token)
                for span in spans.values():
                    span.end()
            return settlements

        return traced

    @contextmanager
    def _alone(self, delivery: Delivery) -> Iterator[Span | None]:
        """Keep the message's span open as the current one; None: it is not sampled."""
        sampled = self.sampled.get(id(delivery))
        if sampled is None:
            yield None
            return
        parent = None if sampled.parent is None else below(sampled.parent)
        with lasting(self._spans.live(PROCESS, _facts(delivery), parent, self.received)) as span:
            sampled.process = span.get_span_context()
            yield span

    def _together(self, deliveries: Sequence[Delivery]) -> dict[int, QuietSpan]:
        """Start a span for each message that is sampled."""
        given = self.sampled.keys() & map(id, deliveries) if deliveries is not self.whole else self.sampled
        spans = {}
        for key, sampled in [(key, one) for key, one in self.sampled.items() if key in given]:
            span = self._spans.quiet(PROCESS, _facts(sampled.delivery), sampled.parent, self.received)
            sampled.process = span.context
            spans[key] = span
        return spans


def _facts(delivery: Delivery) -> dict[str, str | int]:
    return {**about(1, delivery.message.id), names.DELIVERY_COUNT: delivery.count}


def _note(span: Noted | None, settlement: Settlement | None) -> None:
    """Tell a message's span what the handler said, where it did not simply finish it."""
    if span is not None and settlement is not None and not isinstance(settlement, Ack):
        verdict = type(settlement).__name__.lower()
        span.set_attributes({names.SETTLEMENT: verdict})
        fail(span, verdict, settlement.reason)
