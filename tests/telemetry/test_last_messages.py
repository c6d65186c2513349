"""The last messages are kept, few of them, and of their bodies only what may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from messaging.seam.delivery import Delivery
from messaging.seam.message import Message
from messaging.seam.settlements import ACK, Settlement
from messaging.telemetry.last_messages import EVERY, KEPT, Passing

SENT = datetime(2026, 1, 2, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Clock:
    """Goes by hand."""

    now = SENT.timestamp() + 0.25

    def __call__(self) -> float:
        return self.now


async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
    return [ACK] * len(deliveries)


def delivery(count: int, traceparent: str | None = None) -> Delivery:
    return Delivery(Message(f"id-{count}", SENT, "a secret body", "me", count, traceparent), "orders", 2)


async def test_it_tells_of_a_message_and_hands_on_what_the_handler_says() -> None:
    passing = Passing("stream", clock=Clock())
    assert await passing.seen(handle)([delivery(1), delivery(2)]) == [ACK, ACK]
    (one,) = passing.kept
    assert (one.pattern, one.destination, one.id, one.sender, one.count) == ("stream", "orders", "id-2", "me", 2)
    assert (one.at, one.delivery, one.seconds) == (Clock.now, 2, 0.25)


@pytest.mark.parametrize(("allowed", "shown"), [(0, ""), (8, "a secret"), (100, "a secret body")])
async def test_of_the_body_it_shows_what_it_may(allowed: int, shown: str) -> None:
    passing = Passing("queue", allowed, Clock())
    await passing.seen(handle)([delivery(1)])
    assert [one.text for one in passing.kept] == [shown]


@pytest.mark.parametrize(
    ("traceparent", "trace"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", TRACE),
        (f"00-{TRACE}-b7ad6b7169203331-00", ""),
        ("nonsense", ""),
        (None, ""),
    ],
)
async def test_a_trace_that_is_recorded_is_named(traceparent: str | None, trace: str) -> None:
    passing = Passing("queue", clock=Clock())
    await passing.seen(handle)([delivery(1, traceparent)])
    assert [one.trace for one in passing.kept] == [trace]


async def test_of_a_batch_it_tells_of_one_that_has_a_trace() -> None:
    passing = Passing("queue", clock=Clock())
    await passing.seen(handle)([delivery(1), delivery(2, f"00-{TRACE}-b7ad6b7169203331-01"), delivery(3)])
    assert [one.count for one in passing.kept] == [2]


async def test_it_keeps_few_however_many_there_are() -> None:
    clock = Clock()
    clock.now = SENT.timestamp()
    passing = Passing("queue", clock=clock)
    seen = passing.seen(handle)
    for number in range(100):
        await seen([delivery(number)])
        clock.now = (SENT + timedelta(seconds=EVERY / 2 * (number + 1))).timestamp()
    assert [one.count for one in passing.kept] == list(range(100 - 2 * KEPT, 100, 2))
