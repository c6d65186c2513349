"""Spans on their way to the collector: in the background, bounded, every loss counted."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExportResult

from messaging.settings.otel import Queue
from messaging.telemetry.plain_spans import Ended, QuietSpan
from messaging.telemetry.propagation import is_sampled
from messaging.telemetry.sources import Drops


class Exporter(Protocol):
    """Sends spans."""

    def export(self, spans: Sequence[Ended]) -> SpanExportResult:
        """Send some, and say whether they were taken."""

    def shutdown(self) -> None:
        """Send no more."""


class SpanQueue(SpanProcessor):
    """Exports spans from a thread of its own.

    The SDK's own processor counts no losses and may hold up the end of the process for half a
    minute. This one never makes who ends a span wait: a span that finds no room is dropped.

    Attributes:
        drops: what was lost.
    """

    def __init__(self, exporter: Exporter, queue: Queue, flush: float, drops: Drops) -> None:
        """Start the thread.

        Args:
            exporter: sends spans; is only called by the thread, until `shutdown`.
            queue: how spans wait.
            flush: how long `shutdown` may take, in seconds.
            drops: where losses are counted.
        """
        self._exporter, self._queue, self._flush, self.drops = exporter, queue, flush, drops
        self._waiting: deque[Ended] = deque()
        self._sending = 0
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that has ended, or drop it."""
        context = span.get_span_context()
        if context is not None and is_sampled(context):
            self._add(span)

    def take(self, span: QuietSpan) -> None:
        """Take one that is sampled, or drop it."""
        self._add(span)

    def _add(self, span: Ended) -> None:
        if self._closed.is_set() or len(self._waiting) >= self._queue.size:
            self.drops.queue_full += 1
            return
        self._waiting.append(span)
        if len(self._waiting) >= self._queue.batch:
            self._wake.set()

    def shutdown(self) -> None:
        """Export what is left, for as long as the flush may take; what is left then is dropped."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._wake.set()
        self._thread.join(self._flush)
        if self._thread.is_alive():
            self._abandoned = True
            self.drops.export_failed += len(self._waiting) + self._sending
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what has ended by now; return whether that was done in time."""
        deadline = time.monotonic() + timeout_millis / 1000
        while self._waiting or self._sending:
            self._wake.set()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.0005)
        return True

    def _run(self) -> None:
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # noqa: FBT003 - exporting makes no spans itself
        while not self._closed.is_set():
            self._wake.wait(self._queue.delay)
            self._wake.clear()
            self._export_all()
        self._export_all()  # what came between the last look and the end

    def _export_all(self) -> None:
        while self._waiting and not self._abandoned:
            self._export()

    def _export(self) -> None:
        count = self._sending = min(len(self._waiting), self._queue.batch)
        result = self._exporter.export([self._waiting.popleft() for _ in range(count)])
        if self._abandoned:  # counted as lost already, and nobody reads the figure any more
            return
        if result is not SpanExportResult.SUCCESS:
            self.drops.export_failed += count
        self._sending = 0
