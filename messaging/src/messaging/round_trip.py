"""A check of the way to Redis and back: `python -m messaging.round_trip`.

Sends messages of its own through each pattern in use, by destinations and a group of its own, sees each
come back, and removes what it made. It reads the services' settings, so it goes the way that they go.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

from messaging.broker import RedisBroker
from messaging.lifecycle import GaveUp
from messaging.seam import keys
from messaging.seam.errors import AccessDenied, ConnectionLost, MessagingError, ServerNotReady
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.seam.options import Options
from messaging.seam.outcomes import Acknowledged
from messaging.seam.pattern import Consumer, Publisher
from messaging.service.program import Program
from messaging.settings.round_trip import RoundTripSettings
from messaging.transport.connection import topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings

_BATCH = 100
_BLOCK = 0.5


async def travel(settings: RoundTripSettings) -> int:
    """Go there and back by each pattern, print a line for each, and return the exit code: 0.

    Raises:
        GaveUp: a message did not come back; the text says through which pattern, and why.
        AccessDenied: Redis refused the password.
    """
    run = secrets.token_hex(6)
    for pattern in settings.patterns:
        began = time.monotonic()
        options = replace(
            settings.options(pattern),
            destination=keys.round_trip(run, pattern),
            group=f"test-{run}",
            consumer=f"test-{run}",
            block=_BLOCK,
        )
        try:
            await _trip(settings, pattern, options)
        except AccessDenied:
            raise
        except MessagingError as error:
            raise GaveUp(f"{pattern}: {error}") from None
        seconds = time.monotonic() - began
        print(f"{pattern}: {settings.round_trip.count} messages came back in {seconds:.2f} s", flush=True)  # noqa: T201
    return 0


async def _trip(settings: RoundTripSettings, pattern: str, options: Options) -> None:
    """Publish, a batch at a time, what one consumer, which is there first, receives and settles."""
    broker = RedisBroker(settings.redis)
    consumer, publisher = broker.consumer(pattern, options), broker.publisher(pattern, options)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_remove, settings.redis, options)
        stack.push_async_callback(publisher.aclose)
        stack.push_async_callback(consumer.aclose)
        end = time.monotonic() + settings.round_trip.timeout
        await _open(consumer, end)
        await _open(publisher, end)
        for messages in _batches(settings.round_trip.count):
            for outcome in await publisher.publish(messages):
                if not isinstance(outcome, Acknowledged):
                    raise outcome.error
            expected = {message.id for message in messages}
            received = await _receive(consumer, expected, end)
            if received != Counter(expected):
                raise GaveUp(_difference(pattern, expected, received, settings.round_trip.timeout))


async def _open(one: Consumer | Publisher, end: float) -> None:
    """Open it; wait for a server that is not there yet, as after an installation."""
    while True:
        try:
            return await one.open()
        except (ConnectionLost, ServerNotReady):
            if time.monotonic() >= end:
                raise
            await asyncio.sleep(_BLOCK)


def _batches(count: int) -> Iterator[list[Message]]:
    life, now = Life(), datetime.now(UTC)
    for first in range(1, count + 1, _BATCH):
        numbers = range(first, min(first + _BATCH, count + 1))
        yield [Message(life.id_of(number), now, f"Round trip #{number}", "test", number) for number in numbers]


async def _receive(consumer: Consumer, expected: set[str], end: float) -> Counter[str]:
    """Receive and settle until everything expected has come, or the time is over."""
    received: Counter[str] = Counter()
    while not expected <= set(received) and time.monotonic() < end:
        batch = await consumer.receive(_BATCH)
        if len(batch):
            await consumer.settle(batch)
        received.update(delivery.message.id for delivery in batch.deliveries)
    return received


def _difference(pattern: str, expected: set[str], received: Counter[str], seconds: float) -> str:
    lost = len(expected - set(received))
    again, foreign = received.total() - len(received), len(set(received) - expected)
    return (
        f"{pattern}: of {len(expected)} messages {lost} did not come back within {seconds:g} s, "
        f"{again} came again, {foreign} others came"
    )


async def _remove(settings: RedisSettings, options: Options) -> None:
    link = Link(topology(settings), options.destination, options.timeout, options.connect_timeout)
    try:
        await link.one(("UNLINK", *keys.of_destination(options.destination)))
    finally:
        await link.aclose()


PROGRAM = Program(
    name="round-trip",
    summary="Sends messages of its own through Redis or Valkey and sees each come back.",
    model=RoundTripSettings,
    check=lambda settings: settings,
    serve=travel,
)

if __name__ == "__main__":
    sys.exit(PROGRAM.main())
