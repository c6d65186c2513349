"""A handler whose messages' traces go on: the spans `process`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, use_span

from messaging.seam.delivery import Delivery
from messaging.seam.handler import Handler, SingleHandler, each, single_of
from messaging.seam.settlements import Ack, Settlement
from messaging.telemetry import names
from messaging.telemetry.tracing.propagation import read
from messaging.telemetry.tracing.spans import PROCESS, Spans, about, below, fail

_NONE: Mapping[int, Span] = {}
_processes: ContextVar[Mapping[int, Span]] = ContextVar("messaging-processes", default=_NONE)


def context_of(delivery: Delivery) -> Context:
    """Return the context of a message, for a handler of whole batches that makes spans for single ones.

    They become children of the message's `process`, or are not sampled where the message is not::

        with tracer.start_as_current_span("price", context_of(delivery)): ...
    """
    span, message = _processes.get().get(id(delivery)), delivery.message
    parent = span.get_span_context() if span else read(message.traceparent, message.tracestate)
    return Context() if parent is None else below(parent)


class Processing:
    """The batch in hand, as far as it is sampled."""

    def __init__(self, spans: Spans) -> None:
        """Begin with nothing in hand."""
        self._spans = spans
        self.sampled: dict[int, SpanContext | None] = {}  # what they carry, by id() of the delivery; None: a new trace
        self.received: list[SpanContext] = []  # the batch's span, where there is one
        self.processed: list[SpanContext] = []  # the messages' spans so far

    def handler(self, handler: Handler) -> Handler:
        """Wrap the handler of the messages that the consumer receives.

        While a message is handled alone its span is the current one; that is always so in a handler
        made by `each`. Any other finds a message's context by `context_of`.
        """
        single = single_of(handler)
        traced = self._whole(handler) if single is None else each(self._single(single))

        async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            return await (traced if self.sampled else handler)(deliveries)

        return handle

    def _single(self, handle: SingleHandler) -> SingleHandler:
        async def traced(delivery: Delivery) -> Settlement | None:
            with self._process([delivery]) as spans:
                settlement = await handle(delivery)
                _note(spans, [delivery], [settlement])
            return settlement

        return traced

    def _whole(self, handler: Handler) -> Handler:
        async def traced(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            with self._process(deliveries) as spans:
                settlements = await handler(deliveries)
                _note(spans, deliveries, settlements or ())
            return settlements

        return traced

    @contextmanager
    def _process(self, deliveries: Sequence[Delivery]) -> Iterator[Mapping[int, Span]]:
        """Keep a span open for each message that is sampled; that of a message alone is the current one."""
        spans = {
            id(one): self._spans.start(PROCESS, _facts(one), self.sampled[id(one)], self.received)
            for one in deliveries
            if id(one) in self.sampled
        }
        self.processed += [span.get_span_context() for span in spans.values()]
        alone = spans.get(id(deliveries[0])) if len(deliveries) == 1 else None
        token = _processes.set(spans)
        try:
            with use_span(alone, record_exception=True, set_status_on_exception=False) if alone else nullcontext():
                yield spans
        except BaseException as error:
            for span in spans.values():
                fail(span, type(error).__name__, str(error))
            raise
        finally:
            _processes.reset(token)
            for span in spans.values():
                span.end()


def _facts(delivery: Delivery) -> dict[str, str | int]:
    return {**about(1, delivery.message.id), names.DELIVERY_COUNT: delivery.count}


def _note(spans: Mapping[int, Span], deliveries: Sequence[Delivery], settlements: Sequence[Settlement | None]) -> None:
    """Tell each message's span what the handler said, where it did not simply finish it."""
    for delivery, settlement in zip(deliveries, settlements, strict=False):
        span = spans.get(id(delivery))
        if span is not None and settlement is not None and not isinstance(settlement, Ack):
            verdict = type(settlement).__name__.lower()
            span.set_attribute(names.SETTLEMENT, verdict)
            fail(span, verdict, settlement.reason)
