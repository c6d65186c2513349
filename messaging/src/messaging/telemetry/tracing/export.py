"""Spans on their way to the collector: in the background, bounded, every loss counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock, Thread

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from messaging.settings.otel import Queue
from messaging.telemetry.sources import Drops


def within(seconds: float, end: Callable[[], object]) -> bool:
    """Call `end` and tell whether it was done in time; if not, it is left alone, and holds up nobody."""
    thread = Thread(target=end, name="telemetry-end", daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


class _Counted(SpanExporter):
    """Passes spans on to another exporter, and counts those that it did not take."""

    def __init__(self, inner: SpanExporter, drops: Drops) -> None:
        self._inner, self._drops = inner, drops
        self.begun = self.done = 0
        self._closed = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.begun += len(spans)
        result = SpanExportResult.FAILURE
        try:
            result = self._inner.export(spans)
        finally:
            if not self._closed:  # what is under way by then is counted as lost already
                self.done += len(spans)
                self._drops.export_failed += 0 if result is SpanExportResult.SUCCESS else len(spans)
        return result

    def shutdown(self) -> None:
        if not self._closed:
            self._closed = True
            self._inner.shutdown()


class SpanQueue(SpanProcessor):
    """The SDK's queue, but what finds no room is counted, and its end takes no longer than it may."""

    def __init__(self, exporter: SpanExporter, queue: Queue, flush: float, drops: Drops) -> None:
        """Export from a thread in the background; `shutdown` takes no longer than `flush`, in seconds."""
        self._counted, self._size, self._flush, self._drops = _Counted(exporter, drops), queue.size, flush, drops
        self._taken, self._ended, self._taking = 0, False, Lock()
        self._batches = BatchSpanProcessor(self._counted, queue.size, queue.delay * 1000, queue.batch)

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that has ended and is sampled, or drop it."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        with self._taking:
            room = not self._ended and self._taken - self._counted.begun < self._size
            self._taken += room
            self._drops.queue_full += not room
        if room:
            self._batches.on_end(span)

    def force_flush(self, timeout_millis: int | None = 30_000) -> bool:
        """Export what is there; tells whether it was done in time."""
        return self._batches.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """Export what is left, for as long as the flush may take; what is left then is lost."""
        with self._taking:
            ended, self._ended = self._ended, True
        if not ended and not within(self._flush, self._batches.shutdown):
            self._counted.shutdown()  # ends its tries
            self._drops.export_failed += self._taken - self._counted.done
