"""Handlers: single ones, several at once, and loading them by name."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from messaging import ACK, Dead, Delivery, Retry, Settlement, each
from messaging.seam.handler import attempt, reason_of, side_by_side
from tests.support.messages import counts, delivered, written

DELIVERIES = [delivered(message) for message in written(7)]


def decide(count: int) -> Settlement:
    choices: list[Settlement] = [ACK, Retry("retry"), Dead("dead")]
    return choices[count % 3]


async def test_each_gives_one_delivery_at_a_time_and_keeps_the_order() -> None:
    seen: list[int] = []

    @each
    async def handle(delivery: Delivery) -> Settlement | None:
        seen.append(delivery.message.count)
        return None if delivery.message.count == 1 else decide(delivery.message.count)

    assert await handle(DELIVERIES) == [ACK, *(decide(count) for count in range(2, 8))]
    assert seen == [*range(1, 8)]


async def test_each_lets_an_exception_concern_one_delivery_alone() -> None:
    @each
    async def handle(delivery: Delivery) -> None:
        if delivery.message.count == 3:
            raise ValueError("three")

    assert await handle(DELIVERIES[:4]) == [ACK, ACK, Retry("ValueError: three"), ACK]


def test_each_keeps_the_handlers_name() -> None:
    async def handle_order(delivery: Delivery) -> None:
        """Handle an order."""

    assert (each(handle_order).__name__, each(handle_order).__doc__) == ("handle_order", "Handle an order.")


@pytest.mark.parametrize("concurrency", [1, 2, 3, 7, 100])
async def test_side_by_side_keeps_positions(concurrency: int) -> None:
    async def handle(deliveries: Sequence[Delivery]) -> list[Settlement]:
        return [decide(delivery.message.count) for delivery in deliveries]

    assert await side_by_side(handle, concurrency)(DELIVERIES) == [decide(count) for count in range(1, 8)]


async def test_side_by_side_runs_at_once_and_each_part_keeps_its_order() -> None:
    parts: list[list[int]] = []
    all_there = asyncio.Barrier(3)

    async def handle(deliveries: Sequence[Delivery]) -> None:
        parts.append(counts(deliveries))
        async with asyncio.timeout(5.0):
            await all_there.wait()

    assert await side_by_side(handle, 3)(DELIVERIES) == [ACK] * 7
    assert sorted(parts) == [[1, 4, 7], [2, 5], [3, 6]]


async def test_side_by_side_lets_an_exception_concern_one_part_alone() -> None:
    async def handle(deliveries: Sequence[Delivery]) -> None:
        if deliveries[0].message.count == 2:
            raise ValueError("two")

    settlements = await side_by_side(handle, 3)(DELIVERIES)
    bad = Retry("ValueError: two")
    assert settlements == [ACK, bad, ACK, ACK, bad, ACK, ACK]


async def test_side_by_side_is_cancelled_as_a_whole() -> None:
    cut: list[int] = []

    async def handle(deliveries: Sequence[Delivery]) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            cut.append(len(deliveries))
            raise

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await side_by_side(handle, 2)(DELIVERIES)
    assert sorted(cut) == [3, 4]


async def test_a_cancellation_from_outside_goes_through_an_attempt() -> None:
    async def handle(deliveries: Sequence[Delivery]) -> None:
        await asyncio.get_running_loop().create_future()
        assert deliveries

    task = asyncio.ensure_future(attempt(handle, DELIVERIES))
    await asyncio.wait([task], timeout=0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("plain"), "ValueError: plain"),
        (ValueError("two\n lines\t here"), "ValueError: two lines here"),
        (KeyError("key"), "KeyError: 'key'"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_exception_is_told_in_one_line(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
