"""A consumer process that halts at a chosen point, so that a test can kill or freeze it just there.

Run as `python -m tests.faults.worker PLAN`, PLAN being the JSON of a `Plan`. It writes a line for
each thing that happens: `ready`, `took BODY...`, `at POINT`, `processed BODY`, `settled {...}`.
SIGUSR1 lets it go on from where it halts, SIGTERM stops it; its last line is `counters {...}`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from messaging import (
    PATTERNS,
    Batch,
    ConsumerLoop,
    Delivery,
    LoopOptions,
    Options,
    RedisBroker,
    RedisSettings,
    Settled,
    Settlement,
    Watcher,
)
from messaging.seam.pattern import Consumer

POISON = "poison"
"""A message with this body kills its consumer."""


class Plan(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a worker is to do.

    Attributes:
        redis: the server, as fields of RedisSettings.
        pattern: what it consumes.
        destination: channel, list or stream.
        halt: where it halts, for the first time that it comes by: "received", "handling" (half of
            the batch is processed), "handled" or "settled"; "" nowhere.
        batch, block, lease, max_deliveries: as everywhere; seconds.
    """

    redis: dict[str, str | int | float]
    pattern: str
    destination: str
    halt: str = ""
    batch: int = 100
    block: float = 0.2
    lease: float = 30.0
    max_deliveries: int = 5


def say(*words: object) -> None:
    """Write a line, at once."""
    print(*words, flush=True)  # noqa: T201 - this is how it reports


class Gate:
    """The point at which the process halts until it is let through."""

    def __init__(self, point: str) -> None:
        """Halt at `point`."""
        self._point, self._open = point, asyncio.Event()

    def open(self) -> None:
        """Halt no more."""
        self._open.set()

    async def passes(self, point: str) -> None:
        """Halt here if this is the point."""
        if point == self._point and not self._open.is_set():
            say("at", point)
            await self._open.wait()


class Watched:
    """A consumer that tells what it does and halts on the way."""

    def __init__(self, consumer: Consumer, gate: Gate) -> None:
        """Pass everything on to `consumer`."""
        self._consumer, self._gate, self.signals = consumer, gate, consumer.signals
        self.open, self.renew, self.hand_back = consumer.open, consumer.renew, consumer.hand_back
        self.leave, self.backlog, self.aclose = consumer.leave, consumer.backlog, consumer.aclose

    async def receive(self, limit: int) -> Batch:
        """Receive, and halt with the batch in hand."""
        return await self._took(await self._consumer.receive(limit))

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Halt, settle, halt."""
        await self._gate.passes("handled")
        settled = await self._consumer.settle(batch, settlements)
        await self._settled(settled)
        return settled

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Halt, exchange, halt."""
        await self._gate.passes("handled")
        settled, following = await self._consumer.exchange(batch, settlements, limit)
        await self._took(following)
        await self._settled(settled)
        return settled, following

    async def _took(self, batch: Batch) -> Batch:
        if len(batch):
            say("took", *(one.message.message for one in batch.deliveries))
            await self._gate.passes("received")
        return batch

    async def _settled(self, settled: Settled) -> None:
        say("settled", msgspec.json.encode(settled._asdict()).decode())
        await self._gate.passes("settled")


class Worker:
    """Handles messages by saying so."""

    def __init__(self, gate: Gate) -> None:
        """Halt at the gate, where that is in the middle of a batch."""
        self._gate = gate

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Process the batch one by one."""
        for place, delivery in enumerate(deliveries):
            if place == len(deliveries) // 2:
                await self._gate.passes("handling")
            body = delivery.message.message
            if body == POISON:
                os.kill(os.getpid(), signal.SIGKILL)
            say("processed", body)


def _state(error: Exception | None) -> None:
    say("ready" if error is None else f"away {error}")


async def main(plan: Plan) -> None:
    """Consume until SIGTERM."""
    gate = Gate(plan.halt)
    options = Options(
        destination=plan.destination,
        block=plan.block,
        lease=plan.lease,
        max_deliveries=plan.max_deliveries,
    )
    settings: dict[str, Any] = plan.redis
    consumer = Watched(RedisBroker(RedisSettings(**settings)).consumer(plan.pattern, options), gate)
    loop = ConsumerLoop(
        consumer,
        Worker(gate).handle,
        PATTERNS[plan.pattern].guarantee,
        LoopOptions(batch=plan.batch, lease=plan.lease),
        Watcher(state=_state),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, loop.stop)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, gate.open)
    await loop.run()
    counters = loop.counters
    say("counters", msgspec.json.encode({"processed": counters.processed, "stale": counters.stale}).decode())


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Plan)))
