"""The subscriber: one loop per pattern, side by side, and one count over all of them."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import count

from messaging.consumer import ConsumerLoop, LoopOptions, Watcher
from messaging.ledger import LedgerConsumer, recorded
from messaging.patterns import PATTERNS
from messaging.seam.pattern import Consumer
from messaging.service.logs import seconds
from messaging.service.runner import Context, Service
from messaging.settings.subscriber import SubscriberSettings
from messaging.telemetry import names
from messaging.telemetry.backlog import Levels
from messaging.telemetry.last_messages import Passing
from messaging.telemetry.sources import Source
from subscriber.handlers import find
from subscriber.journal import Journal

_LONGEST_BACKOFF = 5.0
_MARGIN = 5.0


class Consuming:
    """The work of the subscriber.

    Attributes:
        patience: how long one turn of a loop may take, in seconds.
        sources: the patterns at work.
    """

    def __init__(self, context: Context[SubscriberSettings]) -> None:
        """Prepare to consume; nothing is opened before `run`."""
        self._context, self._settings = context, context.settings
        numbers = count(1)
        self._journals = {
            pattern: Journal(PATTERNS[pattern].source, context.log, self._settings.log.rate, numbers)
            for pattern in self._settings.patterns
        }
        self._consumers: dict[str, Consumer] = {
            pattern: context.broker.consumer(pattern, self._settings.options(pattern))
            for pattern in self._settings.patterns
        }
        self._passing = {pattern: Passing(pattern, self._settings.probe.text) for pattern in self._settings.patterns}
        self._loops = {pattern: self._loop(pattern) for pattern in self._settings.patterns}
        self.sources = [self._seen(pattern) for pattern in self._loops]

    @property
    def patience(self) -> float:
        """What may follow one another in a turn: connect, an empty wait, the handler, the answers."""
        settings, redis = self._settings, self._settings.redis
        answers = redis.connect_timeout + 2 * redis.timeout
        return settings.block + settings.handler_timeout + answers + _LONGEST_BACKOFF + _MARGIN

    async def run(self) -> None:
        """Consume until shutdown; a source that cannot connect does not stop the others."""
        for loop in self._loops.values():
            self._context.shutdown.then(loop.stop)
        try:
            await asyncio.gather(*(loop.run() for loop in self._loops.values()))
        finally:
            for journal in self._journals.values():
                journal.flush()

    def abort(self) -> None:
        """Hand back what is in hand."""
        for loop in self._loops.values():
            loop.abort()

    def tick(self) -> None:
        """Write the summaries that are due."""
        for journal in self._journals.values():
            journal.tick()

    def _loop(self, pattern: str) -> ConsumerLoop:
        settings, ledger, tracing = self._settings, self._context.ledger, self._context.tracing
        journal, guarantee = self._journals[pattern], PATTERNS[pattern].guarantee
        consumer = self._consumers[pattern]
        handler = find(settings.handler)(settings, journal)
        if tracing is not None:
            traced = tracing.consumer(consumer, pattern, settings.options(pattern))
            consumer, handler = traced, traced.handler(handler)
        if ledger is not None:
            destination = settings.destination.of(pattern)
            handler = recorded(handler, ledger, pattern, destination, received=settings.ledger.received)
            if guarantee.fan_out:
                consumer = LedgerConsumer(consumer, ledger, pattern, destination)
        if settings.probe.port:
            handler = self._passing[pattern].seen(handler)
        options = LoopOptions(
            batch=settings.batch,
            concurrency=settings.concurrency,
            handler_timeout=settings.handler_timeout,
            lease=settings.lease,
        )
        watcher = Watcher(partial(self._context.status.note, pattern), journal.malformed, journal.answered)
        return ConsumerLoop(consumer, handler, guarantee, options, watcher)

    def _seen(self, pattern: str) -> Source:
        loop = self._loops[pattern]
        return Source(
            pattern=pattern,
            destination=self._settings.destination.of(pattern),
            operation=names.OPERATION_RECEIVE,
            counters=loop.counters,
            heartbeat=lambda: loop.heartbeat,
            ready=lambda: loop.ready,
            levels=Levels(self._consumers[pattern], lambda: loop.ready),
            passing=self._passing[pattern],
        )


SERVICE = Service(
    title="Python Subscriber",
    role="subscriber",
    name=lambda settings: settings.consumer,
    stamp=seconds,
    work=Consuming,
)
