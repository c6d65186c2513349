"""The publisher: takes bodies, makes messages, sends each to every destination."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TypeVar

from messaging.ledger import LedgerPublisher
from messaging.lifecycle import GaveUp
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.seam.pattern import Publisher
from messaging.service.logs import milliseconds
from messaging.service.runner import Context, Service
from messaging.settings.publisher import PublisherSettings
from messaging.telemetry import names
from messaging.telemetry.sources import Source
from publisher import source
from publisher.pace import Pace, pace_of
from publisher.report import Report
from publisher.send import Sender

T = TypeVar("T")
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
        self._senders = {pattern: self._sender(pattern) for pattern in self._settings.patterns}
        self._pace: Pace  # its clock starts when there is somebody to send to
        self._life, self._count = Life(), 0
        self._source: source.Source = source.source_of(self._settings)
        self._skipped, self._resting = 0, False
        self._task: asyncio.Task[object] | None = None
        redis = self._settings.redis
        self.patience = redis.timeout + redis.connect_timeout + _LONGEST_BACKOFF + _MARGIN
        self.sources = [self._seen(pattern) for pattern in self._senders]

    async def run(self) -> None:
        """Publish until PUBLISH_COUNT, the end of the input or shutdown."""
        self._task = asyncio.current_task()
        self._context.shutdown.then(self._source.close)
        try:
            await asyncio.gather(*(sender.open() for sender in self._senders.values()))
            self._pace = pace_of(self._settings.publish)
            while not self._context.shutdown.requested and await self._turn():
                pass
        except OSError as error:
            raise GaveUp(f"PUBLISH_INPUT cannot be read: {error.strerror}") from None
        finally:
            self._source.close()
            for sender in self._senders.values():
                await sender.aclose()

    def abort(self) -> None:
        """Give up what is on its way: its outcome stays unknown."""
        if self._task is not None:
            self._task.cancel()

    def tick(self) -> None:
        """Write the summaries that are due."""
        for sender in self._senders.values():
            sender.tick()
        if self._source.skipped != self._skipped:
            self._skipped = self._source.skipped
            self._context.log.warning("Left out %d lines that MESSAGE_BYTES does not allow", self._skipped)

    async def _turn(self) -> bool:
        """Wait until a batch is due and send it; return False when there is no more to send."""
        if self._left == 0:
            return False
        due = self._pace.due()
        if due.wait:
            await self._idle(self._context.shutdown.wait(due.wait))
            return True
        bodies = await self._idle(self._source.take(min(due.allowed, self._left)))
        if bodies:
            messages = self._messages(bodies, self._pace.stamps(len(bodies)))
            await asyncio.gather(*(sender.send(messages) for sender in self._senders.values()))
        return bool(bodies)

    @property
    def _left(self) -> int:
        """How many messages PUBLISH_COUNT still allows."""
        count = self._settings.publish.count
        return count - self._count if count else sys.maxsize

    async def _idle(self, wait: Awaitable[T]) -> T:
        """Wait for something that may take as long as it likes: this is no sign of trouble."""
        self._resting = True
        try:
            return await wait
        finally:
            self._resting = False
            for sender in self._senders.values():
                sender.heartbeat = time.monotonic()

    def _heartbeat(self, sender: Sender) -> float:
        return time.monotonic() if self._resting else sender.heartbeat

    def _messages(self, bodies: Sequence[str], stamps: Sequence[datetime]) -> list[Message]:
        first, self._count = self._count + 1, self._count + len(bodies)
        return [
            Message(self._life.id_of(count), stamp, body, self._settings.sender, count)
            for count, (body, stamp) in enumerate(zip(bodies, stamps, strict=True), first)
        ]

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
        sender = self._senders[pattern]
        return Source(
            pattern=pattern,
            destination=self._settings.destination.of(pattern),
            operation=names.OPERATION_SEND,
            counters=sender.counters,
            heartbeat=lambda: self._heartbeat(sender),
            ready=lambda: pattern not in self._context.status.waiting_for,
        )


SERVICE = Service(
    title="Python Publisher",
    role="publisher",
    name=lambda settings: settings.sender,
    stamp=milliseconds,
    work=Publishing,
)
