"""Publishing from many tasks: together, in order, and nobody pays for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from messaging import Acknowledged, Backlog, Failed, Message, Outcome
from messaging.app.outbox import MOST, Outbox
from messaging.seam.errors import ConnectionLost
from tests.support.messages import written


class Gate:
    """A `Publisher` whose round trips end when they are let go."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.open_fails = 0
        self.fault: Exception | None = None
        self.gate = asyncio.Event()
        self.closed = False

    async def open(self) -> None:
        if self.open_fails:
            self.open_fails -= 1
            raise ConnectionLost("somewhere", "nobody there", sent=False)

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        self.sent.append([message.count for message in messages])
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return [Acknowledged(message.count) for message in messages]

    async def backlog(self) -> Backlog:
        return Backlog()

    async def aclose(self) -> None:
        self.closed = True


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_what_waits_together_travels_together_in_order() -> None:
    gate = Gate()
    outbox = Outbox(gate)
    futures = [outbox.put(message) for message in written(1)]
    await turns()
    futures += [outbox.put(message) for message in written(6)[1:]]
    gate.gate.set()
    assert [await future for future in futures] == [Acknowledged(count) for count in range(1, 7)]
    assert gate.sent == [[1], [2, 3, 4, 5, 6]]


async def test_a_round_trip_has_a_bound() -> None:
    gate = Gate()
    gate.gate.set()
    outbox = Outbox(gate)
    await asyncio.gather(*(outbox.put(message) for message in written(MOST + 1)))
    assert [len(sent) for sent in gate.sent] == [MOST, 1]


async def test_who_is_cancelled_harms_no_other() -> None:
    gate = Gate()
    outbox = Outbox(gate)
    first, second, third = written(3)

    async def publish(message: Message) -> Outcome:
        return await outbox.put(message)

    gone, waits = asyncio.create_task(publish(first)), asyncio.create_task(publish(second))
    await turns()
    late = asyncio.create_task(publish(third))
    await turns()
    gone.cancel()
    gate.gate.set()
    assert await waits == Acknowledged(2)
    assert await late == Acknowledged(3)
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_without_a_server_a_publish_has_failed_and_the_next_connects() -> None:
    gate = Gate()
    gate.open_fails = 1
    gate.gate.set()
    outbox = Outbox(gate)
    first, second = written(2)
    failed = await outbox.put(first)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ConnectionLost)
    assert await outbox.put(second) == Acknowledged(2)


async def test_a_fault_of_ours_reaches_everybody_who_waits() -> None:
    gate = Gate()
    gate.fault = RuntimeError("a bug")
    gate.gate.set()
    outbox = Outbox(gate)
    results = await asyncio.gather(*(outbox.put(message) for message in written(2)), return_exceptions=True)
    assert [str(result) for result in results] == ["a bug", "a bug"]


async def test_closing_sends_what_waits() -> None:
    gate = Gate()
    outbox = Outbox(gate)
    futures = [outbox.put(message) for message in written(3)]
    await turns()
    closing = asyncio.create_task(outbox.aclose())
    await turns()
    assert not closing.done()
    gate.gate.set()
    await closing
    assert gate.closed
    assert [await future for future in futures] == [Acknowledged(1), Acknowledged(2), Acknowledged(3)]
