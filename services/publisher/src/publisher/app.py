"""The publisher: takes bodies, makes messages, sends each to every destination."""

from __future__ import annotations

import asyncio
from functools import partial

from messaging.ledger import LedgerPublisher
from messaging.lifecycle import GaveUp
from messaging.seam.ids import Life
from messaging.seam.pattern import Publisher
from messaging.service.logs import milliseconds
from messaging.service.runner import Context, Service
from messaging.settings.publisher import PublisherSettings
from messaging.telemetry import names
from messaging.telemetry.sources import Source
from publisher import source
from publisher.destination import Destination
from publisher.pace import Times, pace_of
from publisher.report import Report
from publisher.send import Sender
from publisher.tee import Tee

_LONGEST_BACKOFF = 5.0
_MARGIN = 5.0


class Publishing:
    """The work of the publisher.

    Attributes:
        patience: how long one try may take, in seconds.
        sources: the patterns at work.
    """

    def __init__(self, context: Context[PublisherSettings]) -> None:
        """Prepare to publish; nothing is opened before `run`."""
        self._context, self._settings = context, context.settings
        self._inputs = self._bodies()
        pace, life = partial(pace_of, self._settings.publish, Times()), Life()
        self._destinations = {
            pattern: Destination(self._settings, self._sender(pattern), bodies, life, pace, context.shutdown)
            for pattern, bodies in zip(self._settings.patterns, self._inputs, strict=True)
        }
        self._skipped = 0
        self._task: asyncio.Task[object] | None = None
        redis = self._settings.redis
        self.patience = redis.timeout + redis.connect_timeout + _LONGEST_BACKOFF + _MARGIN
        self.sources = [self._seen(pattern) for pattern in self._destinations]

    async def run(self) -> None:
        """Publish until PUBLISH_COUNT, the end of the input or shutdown."""
        self._task = asyncio.current_task()
        self._context.shutdown.then(self._close)
        tasks = [asyncio.ensure_future(one.run()) for one in self._destinations.values()]
        try:
            await asyncio.gather(*tasks)
        except OSError as error:
            raise GaveUp(f"PUBLISH_INPUT cannot be read: {error.strerror}") from None
        finally:
            self._close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def abort(self) -> None:
        """Give up what is on its way: its outcome stays unknown."""
        if self._task is not None:
            self._task.cancel()

    def tick(self) -> None:
        """Write the summaries that are due."""
        for one in self._destinations.values():
            one.sender.tick()
        if (skipped := self._inputs[0].skipped) != self._skipped:
            self._skipped = skipped
            self._context.log.warning("Left out %d lines that MESSAGE_BYTES does not allow", skipped)

    def _close(self) -> None:
        for one in self._inputs:
            one.close()

    def _bodies(self) -> list[source.Source]:
        """Return a source for each destination; an input is read once, generated text is made by each alike."""
        count = len(self._settings.patterns)
        if self._settings.publish.input:
            return [*Tee(source.source_of(self._settings), count).readers]
        return [source.source_of(self._settings) for _ in range(count)]

    def _sender(self, pattern: str) -> Sender:
        context, settings = self._context, self._settings
        destination = settings.destination.of(pattern)
        options = settings.options(pattern)
        publisher: Publisher = context.broker.publisher(pattern, options)
        if context.tracing is not None:
            publisher = context.tracing.publisher(publisher, pattern, options)
        if context.ledger is not None:
            publisher = LedgerPublisher(publisher, context.ledger, pattern, destination)
        return Sender(
            pattern,
            publisher,
            Report(pattern, destination, context.log, settings.log.rate),
            context.status,
            context.shutdown,
            resend_unknown=settings.publish.resend_unknown,
        )

    def _seen(self, pattern: str) -> Source:
        one = self._destinations[pattern]
        return Source(
            pattern=pattern,
            destination=self._settings.destination.of(pattern),
            operation=names.OPERATION_SEND,
            counters=one.sender.counters,
            heartbeat=lambda: one.heartbeat,
            ready=lambda: pattern not in self._context.status.waiting_for,
        )


SERVICE = Service(
    title="Python Publisher",
    role="publisher",
    name=lambda settings: settings.sender,
    stamp=milliseconds,
    work=Publishing,
)
