"""The collector is away, slow or refuses: nobody waits, and every loss is counted."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from messaging import Publisher
from messaging.memory import MemoryBroker
from messaging.settings.otel import Queue, Sampling
from messaging.telemetry.sources import Drops
from messaging.telemetry.tracing import Tracing
from messaging.telemetry.tracing.export import SpanQueue
from messaging.telemetry.tracing.sampling import sampler_of
from tests.support.messages import written

QUEUE = Queue(size=10, batch=4, delay=0.01)


class Exporter(SpanExporter):
    """Does what a test says."""

    def __init__(self, result: SpanExportResult = SpanExportResult.SUCCESS) -> None:
        """Answer with this."""
        self.result, self.batches, self.closed = result, list[int](), False
        self.may = threading.Event()
        self.may.set()
        self.asked = threading.Semaphore(0)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take some spans, when it may."""
        self.asked.release()
        self.may.wait(20)
        self.batches.append(len(spans))
        return self.result

    def shutdown(self) -> None:
        """Close."""
        self.closed = True


@contextmanager
def exporting(exporter: Exporter, flush: float = 5.0, queue: Queue = QUEUE) -> Iterator[tuple[SpanQueue, Drops]]:
    """Give a queue before an exporter."""
    drops = Drops()
    spans = SpanQueue(exporter, queue, flush, drops)
    yield spans, drops
    exporter.may.set()
    spans.shutdown()


def end_spans(spans: SpanQueue, number: int, rate: float = 1.0) -> None:
    """Let so many spans end."""
    provider = TracerProvider(sampler_of(Sampling(rate)), Resource.get_empty(), shutdown_on_exit=False)
    provider.add_span_processor(spans)
    tracer = provider.get_tracer("test")
    for _ in range(number):
        tracer.start_span("x").end()


def test_everything_is_exported_in_batches_before_the_end() -> None:
    with exporting(exporter := Exporter(), queue=Queue(100, 4, 60.0)) as (spans, drops):
        end_spans(spans, 9)
        spans.shutdown()
    assert sum(exporter.batches) == 9
    assert max(exporter.batches) <= 4
    assert exporter.closed
    assert drops == Drops()


def test_it_does_not_wait_for_the_end() -> None:
    with exporting(exporter := Exporter()) as (spans, _):
        end_spans(spans, 1)
        assert exporter.asked.acquire(timeout=5)


def test_what_is_not_sampled_is_not_exported() -> None:
    with exporting(exporter := Exporter()) as (spans, _):
        end_spans(spans, 5, rate=0.0)
    assert exporter.batches == []


def test_a_slow_collector_costs_spans_and_no_time() -> None:
    with exporting(exporter := Exporter()) as (spans, drops):
        exporter.may.clear()
        end_spans(spans, 4)
        assert exporter.asked.acquire(timeout=5)  # four are on their way
        start = time.monotonic()
        end_spans(spans, 1000)
        assert time.monotonic() - start < 5.0  # nobody was waited for
        assert drops.queue_full == 990
        exporter.may.set()
        assert spans.force_flush()
    assert sum(exporter.batches) == 14
    assert drops.export_failed == 0


def test_what_the_collector_refuses_is_counted() -> None:
    with exporting(exporter := Exporter(SpanExportResult.FAILURE)) as (spans, drops):
        end_spans(spans, 5)
    assert sum(exporter.batches) == 5
    assert drops == Drops(export_failed=5)


def test_the_end_takes_no_longer_than_the_flush() -> None:
    with exporting(exporter := Exporter(), flush=0.2) as (spans, drops):
        exporter.may.clear()
        end_spans(spans, 7)
        start = time.monotonic()
        spans.shutdown()
        assert 0.15 < time.monotonic() - start < 2.0
        assert drops.export_failed == 7
        end_spans(spans, 1)
        assert drops.queue_full == 1  # nobody exports it any more


def test_the_messages_spans_are_counted_when_they_find_no_room() -> None:
    with exporting(exporter := Exporter()) as (spans, drops):
        tracing = Tracing(spans, Sampling(), Resource.get_empty())
        publisher = tracing.publisher(MemoryBroker().publisher("queue"), "queue")
        exporter.may.clear()
        asyncio.run(_publish(publisher, 3))
        assert exporter.asked.acquire(timeout=5)  # three creates and a send are on their way
        asyncio.run(_publish(publisher, 99))
        assert drops.queue_full == 90
    assert sum(exporter.batches) == 14


async def _publish(publisher: Publisher, number: int) -> None:
    await publisher.publish(written(number))


@pytest.mark.parametrize("number", [1, 4])
def test_ending_twice_is_ending_once(number: int) -> None:
    with exporting(exporter := Exporter()) as (spans, drops):
        end_spans(spans, number)
        spans.shutdown()
        spans.shutdown()
    assert sum(exporter.batches) == number
    assert drops == Drops()
