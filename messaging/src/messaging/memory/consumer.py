"""A consumer of what memory holds."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from messaging.memory.store import DeadLetter, Destination
from messaging.patterns.decoding import DELIVERIES, FAILED, RETRY, Decoder, unacknowledged
from messaging.patterns.gaps import Gaps
from messaging.seam.delivery import Batch
from messaging.seam.options import Options
from messaging.seam.pattern import Backlog, Signals
from messaging.seam.settlements import Settled, Settlement


class MemoryConsumer:
    """A `Consumer` from memory."""

    def __init__(self, destination: Destination, options: Options) -> None:
        """Consume one destination."""
        self._destination, self._guarantee, self._options = destination, destination.guarantee, options
        self._inbox: deque[bytes] = deque()
        self._decoder = Decoder(options.destination, options.message_bytes)
        self._gaps, self.signals, self._left = Gaps(), Signals(), False

    async def open(self) -> None:
        """Subscribe, or take up what this consumer's name still holds."""
        self._left = False
        if self._guarantee.fan_out and all(inbox is not self._inbox for inbox in self._destination.subscribers):
            self._destination.subscribers.append(self._inbox)
        if self._guarantee.resumes:
            for held in self._destination.held.values():
                held.due = 0.0 if held.owner == self._options.consumer else held.due

    async def receive(self, limit: int) -> Batch:
        """Return what is there, or wait for it at most BLOCK."""
        deadline = time.monotonic() + (0.0 if self._left else self._options.block)
        while not len(batch := self._take(limit)):
            wait = min(deadline, self._destination.next_due()) - time.monotonic()
            if deadline <= time.monotonic():
                break
            try:
                await asyncio.wait_for(self._destination.changed.wait(), max(wait, 0.0))
            except TimeoutError:
                continue
        return batch

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Settle, unless the lease has gone to another."""
        there = self._destination
        named = unacknowledged(batch, settlements)
        if self._guarantee.redelivers:
            held = there.held.pop(batch.receipt, None)
            if held is None:
                return Settled(stale=len(batch))
        retried = dead = 0
        for one in named:
            if one.kind == RETRY and self._guarantee.redelivers and one.count < self._options.max_deliveries:
                self._hold(one.count, [one.receipt], self._options.retry_delay_after(one.count))
                retried += 1
            else:
                self._bury(DeadLetter(one.receipt, self._reason(one.kind), one.error, one.count))
                dead += 1
        return Settled(len(batch) - retried - dead, retried, dead)

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle, then receive."""
        return await self.settle(batch, settlements), await self.receive(limit)

    async def renew(self, batch: Batch) -> bool:
        """Lengthen the lease, unless it is gone."""
        held = self._destination.held.get(batch.receipt)
        if held is not None:
            held.due = time.monotonic() + self._options.lease
        return held is not None or not self._guarantee.redelivers

    async def leave(self) -> None:
        """End the subscription; what had come by then is still to be received."""
        self._left = self._guarantee.fan_out
        self._unsubscribe()

    async def hand_back(self, batch: Batch) -> None:
        """Put it back at the head, or make its redelivery due now."""
        there, bodies = self._destination, [one.receipt for one in batch.everything]
        held = there.held.pop(batch.receipt, None)
        if held is not None and held.count > 1:
            self._hold(held.count - 1, bodies, 0.0)
        elif held is not None or not (self._guarantee.fan_out or self._guarantee.redelivers):
            there.waiting.extendleft(reversed(bodies))
        there.wake()

    async def backlog(self) -> Backlog:
        """Ask how much the destination holds."""
        return self._destination.backlog()

    async def aclose(self) -> None:
        """End the subscription."""
        self._unsubscribe()

    def _unsubscribe(self) -> None:
        inboxes = self._destination.subscribers
        inboxes[:] = [inbox for inbox in inboxes if inbox is not self._inbox]

    def _take(self, limit: int) -> Batch:
        if self._guarantee.redelivers:
            return self._take_due() or self._take_fresh(limit)
        source = self._inbox if self._guarantee.fan_out else self._destination.waiting
        batch = self._decoder.batch([(body, body) for body in self._pop(source, limit)])
        self._gaps.saw(batch.deliveries if self._guarantee.fan_out else ())
        self.signals.gap_messages = self._gaps.missing
        return batch

    def _take_fresh(self, limit: int) -> Batch:
        bodies = self._pop(self._destination.waiting, limit)
        return self._batch(1, bodies) if bodies else Batch()

    def _take_due(self) -> Batch | None:
        """Take one message whose lease is due, alone; one delivered too often dies instead."""
        there, now = self._destination, time.monotonic()
        for key, held in sorted(there.held.items(), key=lambda item: item[1].due):
            if held.due > now:
                break
            del there.held[key]
            for rest in held.bodies[1:]:
                self._hold(held.count, [rest], held.due - now)
            if held.count < self._options.max_deliveries:
                self.signals.reclaimed += 1
                return self._batch(held.count + 1, held.bodies[:1])
            self._bury(DeadLetter(held.bodies[0], DELIVERIES, "no consumer settled it in time", held.count))
            self.signals.dead_on_claim += 1
            return self._take_due()
        return None

    def _batch(self, count: int, bodies: list[bytes]) -> Batch:
        return self._decoder.batch([(body, body) for body in bodies], count, self._hold(count, bodies))

    def _hold(self, count: int, bodies: list[bytes], seconds: float | None = None) -> int:
        lease = self._options.lease if seconds is None else seconds
        return self._destination.hold(self._options.consumer, count, bodies, lease)

    def _reason(self, kind: str) -> str:
        if kind != RETRY:
            return kind
        return DELIVERIES if self._guarantee.redelivers else FAILED

    def _bury(self, letter: DeadLetter) -> None:
        if not self._guarantee.fan_out:
            self._destination.dead.append(letter)

    def _pop(self, source: deque[bytes], limit: int) -> list[bytes]:
        bodies: list[bytes] = []
        room = self._options.batch_bytes
        while source and len(bodies) < limit and (not bodies or len(source[0]) <= room):
            room -= len(source[0])
            bodies.append(source.popleft())
        return bodies
