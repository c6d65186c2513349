"""The loop: receive, handle, settle, until told to stop; never cancelled in flight."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from messaging.counters import Counters
from messaging.patterns.budget import TimeBudget
from messaging.seam.backoff import Backoff
from messaging.seam.delivery import Batch, Delivery, Malformed
from messaging.seam.errors import MessagingError
from messaging.seam.guarantee import Guarantee
from messaging.seam.handler import Handler, attempt, side_by_side
from messaging.seam.pattern import Consumer
from messaging.seam.settlements import Retry, Settled, Settlement


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """How a loop consumes.

    Attributes:
        batch: the most messages received at once.
        batch_seconds: how long a handler should take for a batch: a slower one gets fewer at once.
        concurrency: how many calls of the handler share a batch.
        handler_timeout: after so many seconds a handler is cancelled, and its messages retried.
        lease: the consumer's lease, in seconds, renewed every third of it.
    """

    batch: int = 100
    batch_seconds: float = 0.02
    concurrency: int = 1
    handler_timeout: float = 20.0
    lease: float = 30.0


def _ignore(*_: object) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Is told what a log should say.

    Attributes:
        state: the connection is there (None), or what keeps it away.
        malformed: bytes that are no message.
        answered: deliveries, and what a handler that did not simply finish them said of each. Where
            it raised, or took too long, that is a Retry.
    """

    state: Callable[[MessagingError | None], object] = _ignore
    malformed: Callable[[Malformed], object] = _ignore
    answered: Callable[[Sequence[Delivery], Sequence[Settlement]], object] = _ignore


class _CutError(Exception):
    """`abort` cut the handler off, or kept it from being called."""


class ConsumerLoop:
    """Runs one consumer's messages through one handler.

    Attributes:
        counters: what happened so far.
        heartbeat: when it last turned, on the monotonic clock; liveness looks at it.
        ready: connected and joined, and not stopping; readiness looks at it.
    """

    def __init__(
        self,
        consumer: Consumer,
        handler: Handler,
        guarantee: Guarantee,
        options: LoopOptions | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        """Prepare to consume; nothing is opened before `run`."""
        options = options or LoopOptions()
        self._consumer, self._guarantee, self._options = consumer, guarantee, options
        self._handler = side_by_side(handler, options.concurrency)
        self._watcher = watcher or Watcher()
        self._budget = TimeBudget(options.batch, options.batch_seconds, options.concurrency)
        self._stopping = asyncio.Event()
        self._aborting = False
        self._limit: asyncio.Timeout | None = None  # of the handler at work
        self._in_hand: Batch | None = None
        self._decided: tuple[Batch, Sequence[Settlement] | None] | None = None
        self.counters = Counters()
        self.heartbeat = time.monotonic()
        self.ready = False

    def stop(self) -> None:
        """Ask it to end: it finishes what is in hand, settles it and closes. Only sets a flag."""
        self._stopping.set()
        self.ready = False

    def abort(self) -> None:
        """Ask it to end at once: a handler at work is cancelled, and what it had is handed back."""
        self._aborting = True
        self.stop()
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(0.0)

    async def run(self) -> None:
        """Consume until `stop`. Being cancelled means `stop`: what is in flight is finished first.

        It never raises for what the server or the network does: it tells the watcher and tries again.
        """
        turning = asyncio.ensure_future(self._run())
        cancelled = False
        while not turning.done():
            try:
                await asyncio.shield(turning)
            except asyncio.CancelledError:
                cancelled = True
                self.stop()
        await turning
        if cancelled:
            raise asyncio.CancelledError

    async def _run(self) -> None:
        renewing = asyncio.ensure_future(self._renew()) if self._guarantee.redelivers else None
        delays = iter(Backoff())
        try:
            while not self._stopping.is_set():
                try:
                    await self._consume()
                except MessagingError as error:
                    delays = iter(Backoff()) if self.ready else delays
                    self.ready = False
                    self._watcher.state(error)
                    await self._pause(next(delays))
            await self._settle_last()
        finally:
            self.ready = False
            if renewing is not None:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)
            await self._consumer.aclose()

    async def _consume(self) -> None:
        """Open, then turn until told to stop; raises MessagingError when the connection is lost."""
        await self._consumer.open()
        await self._settle_decided()
        if self._stopping.is_set():
            return
        self.ready = True
        self._watcher.state(None)
        while not self._stopping.is_set():
            self.heartbeat = time.monotonic()
            batch = await self._consumer.receive(self._budget.allows())
            while len(batch):
                batch = await self._turn(batch)
            self._note_signals()
        await self._drain()

    async def _drain(self) -> None:
        """Handle what a channel's server had already sent when we were told to stop: nobody keeps it for later."""
        if not self._guarantee.fan_out or self._aborting:
            return
        await self._consumer.leave()
        while len(batch := await self._consumer.receive(self._budget.allows())):
            await self._turn(batch)
            self._note_signals()

    async def _turn(self, batch: Batch) -> Batch:
        """Handle and settle a batch; return the next one, empty when there is none or we are stopping."""
        self._in_hand = batch
        self.heartbeat = time.monotonic()
        self.counters.received += len(batch)
        self.counters.record_latency(batch.received_at, batch.deliveries)
        for malformed in batch.malformed:
            self._watcher.malformed(malformed)
        try:
            settlements = await self._handle(batch.deliveries) if batch.deliveries else None
        except _CutError:
            self._in_hand = None
            await self._consumer.hand_back(batch)
            return Batch()
        self._decided = (batch, settlements)
        if self._stopping.is_set():
            await self._settle_decided()
            return Batch()
        settled, following = await self._consumer.exchange(batch, settlements, self._budget.allows())
        self._count(settled)
        self._note_signals()
        return following

    async def _settle_decided(self) -> None:
        """Settle what was handled when the connection was lost; the handler is not called again."""
        if self._decided is not None:
            self._count(await self._consumer.settle(*self._decided))

    async def _settle_last(self) -> None:
        """Try once more to settle what was handled, when the connection was lost while stopping."""
        if self._decided is not None:
            with contextlib.suppress(MessagingError):  # what stays unsettled is delivered again
                await self._consumer.open()
                await self._settle_decided()

    async def _handle(self, deliveries: list[Delivery]) -> Sequence[Settlement] | None:
        """Call the handler, inline and within its time, and learn how long it takes; None: all is done."""
        if self._aborting:
            raise _CutError
        start = time.perf_counter()
        try:
            async with asyncio.timeout(self._options.handler_timeout) as self._limit:
                settlements = await attempt(self._handler, deliveries)
        except TimeoutError:
            if self._aborting:
                raise _CutError from None
            reason = f"the handler took longer than HANDLER_TIMEOUT, {self._options.handler_timeout} s"
            settlements = [Retry(reason)] * len(deliveries)
        finally:
            self._limit = None
        seconds = time.perf_counter() - start
        if settlements is not None:
            self._watcher.answered(deliveries, settlements)
        self._budget.took(seconds, deliveries)
        self.counters.process_duration.record(seconds / len(deliveries), len(deliveries))
        return settlements

    async def _renew(self) -> None:
        """Renew the lease of what is in hand; one task for the whole life of the loop."""
        while True:
            await asyncio.sleep(self._options.lease / 3)
            if self._in_hand is not None:
                with contextlib.suppress(MessagingError):  # tried again at the next third of the lease
                    await self._consumer.renew(self._in_hand)

    async def _pause(self, seconds: float) -> None:
        """Wait before connecting again, alive meanwhile; end at once when told to stop."""
        self.heartbeat = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _count(self, settled: Settled) -> None:
        self._in_hand = self._decided = None
        self.counters.note_settled(settled, fan_out=self._guarantee.fan_out)

    def _note_signals(self) -> None:
        self.counters.note_signals(self._consumer.signals)
