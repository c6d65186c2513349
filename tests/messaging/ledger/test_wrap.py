"""The wrappers that keep the ledger, around real publishers and consumers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from lab.embedded import EmbeddedServer
from messaging.broker import RedisBroker
from messaging.ledger import (
    Attempt,
    Effects,
    LedgerConsumer,
    LedgerPublisher,
    Outcomes,
    Received,
    Subscription,
    recorded,
)
from messaging.ledger.record import Record, unsigned
from messaging.memory import MemoryBroker
from messaging.seam.delivery import Delivery
from messaging.seam.errors import ConnectionLost
from messaging.seam.message import Message
from messaging.seam.options import Options
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Publisher
from messaging.seam.settlements import ACK, Dead, Retry, Settlement
from tests.support.eventually import eventually
from tests.support.ledgers import OTHER, Ledger, entries, message, settings


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    async with EmbeddedServer() as server:
        yield server


class Moody:
    """A publisher that forgets about the second message and lets the third fail."""

    def __init__(self, inner: Publisher) -> None:
        self.open, self.backlog, self.aclose = inner.open, inner.backlog, inner.aclose

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        error = ConnectionLost("there", "gone", sent=True)
        told: list[Outcome] = [Acknowledged(1), Unknown(error), Failed(error)]
        return [told[0], told[1], told[2], *[told[0]] * (len(messages) - 3)]


async def test_an_attempt_is_on_record_before_the_send_and_its_outcome_after(
    server: EmbeddedServer,
) -> None:
    async with Ledger(server) as ledger:
        inner = RedisBroker(settings(server)).publisher("queue")
        publisher = LedgerPublisher(inner, ledger.writer, "queue", "message_queue")
        await publisher.open()
        outcomes = await publisher.publish([message(1), message(2)])
        assert outcomes == [Acknowledged(1), Acknowledged(2)]
        assert (await publisher.backlog()).waiting == 2
        await publisher.aclose()
        attempt, told = await ledger.records()
    assert isinstance(attempt, Attempt)
    assert (attempt.pattern, attempt.destination) == ("queue", "message_queue")
    assert list(unsigned(attempt.groups[0].counts)) == [1, 2]
    assert told == Outcomes(2, b"A")


async def test_outcomes_that_differ_are_told_one_by_one_with_the_first_reason(
    server: EmbeddedServer,
) -> None:
    async with Ledger(server) as ledger:
        inner = Moody(RedisBroker(settings(server)).publisher("queue"))
        publisher = LedgerPublisher(inner, ledger.writer, "queue", "q")
        await publisher.publish([message(1), message(1, OTHER), message(2), message(2, OTHER)])
        attempt, told = await ledger.records()
    assert isinstance(attempt, Attempt)
    assert [list(unsigned(group.counts)) for group in attempt.groups] == [[1, 2], [1, 2]]
    assert told == Outcomes(2, b"AFUA", "no answer from Redis at there: gone")


async def test_what_cannot_be_recorded_is_not_sent(server: EmbeddedServer) -> None:
    broker = MemoryBroker()
    ledger = Ledger(server, patience=0.1)
    await ledger.writer.open()
    publisher = LedgerPublisher(broker.publisher("queue"), ledger.writer, "queue", "q")
    await publisher.open()
    server.pause()
    (outcome,) = await publisher.publish([message(1)])
    assert isinstance(outcome, Failed)
    assert (await publisher.backlog()).waiting == 0
    server.resume()
    await ledger.writer.aclose()
    distinct = {entry.seq: entry.record for entry in await entries(server, ledger.writer)}
    _, attempt, told, _ = distinct.values()
    assert isinstance(attempt, Attempt)
    assert isinstance(told, Outcomes)
    assert (told.of, told.codes) == (2, b"F")


def delivery(count: int) -> Delivery:
    return Delivery(message(count), "q")


@pytest.mark.parametrize(
    ("settlements", "effects"),
    [
        (None, [1, 2, 3]),
        ([ACK, Retry("later"), ACK], [1, 3]),
        ([Dead("bad"), Retry("later"), Dead("bad")], []),
    ],
)
async def test_an_effect_is_what_the_handler_acknowledged(
    server: EmbeddedServer, settlements: list[Settlement] | None, effects: list[int]
) -> None:
    async def handle(_: Sequence[Delivery]) -> Sequence[Settlement] | None:
        return settlements

    async with Ledger(server) as ledger:
        handler = recorded(handle, ledger.writer, "queue", "q")
        assert await handler([delivery(1), delivery(2), delivery(3)]) == settlements
        records = await ledger.records()
    found = [
        count
        for record in records
        if isinstance(record, Effects)
        for group in record.groups
        for count in unsigned(group.counts)
    ]
    assert found == effects


async def test_what_is_in_hand_is_on_record_while_it_is_handled(server: EmbeddedServer) -> None:
    seen: list[Record] = []

    async def handle(_: Sequence[Delivery]) -> list[Settlement]:
        await eventually(ledger.records)
        seen.extend(await ledger.records())
        return [ACK, Retry("later")]

    async with Ledger(server) as ledger:
        await recorded(handle, ledger.writer, "queue", "q", received=True)([delivery(1), delivery(2)])
        first, second = await ledger.records()
    assert seen == [first]
    assert isinstance(first, Received)
    assert isinstance(second, Effects)
    assert [list(unsigned(record.groups[0].counts)) for record in (first, second)] == [[1, 2], [1]]


async def test_a_handler_that_raises_or_cannot_be_recorded_acknowledges_nothing(
    server: EmbeddedServer,
) -> None:
    calls = 0

    async def handle(_: Sequence[Delivery]) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("no")

    ledger = Ledger(server, patience=0.1)
    await ledger.writer.open()
    handler = recorded(handle, ledger.writer, "queue", "q")
    with pytest.raises(ValueError, match="no"):
        await handler([delivery(1)])
    assert await ledger.records() == []
    server.pause()
    with pytest.raises(ConnectionLost):
        await handler([delivery(1)])
    server.resume()
    await ledger.writer.aclose()


async def test_a_subscription_is_on_record_from_its_start_over_a_loss_to_its_end(
    server: EmbeddedServer,
) -> None:
    async with Ledger(server) as ledger, EmbeddedServer() as tested:
        options = Options(destination="c", block=0.05)
        inner = RedisBroker(settings(tested)).consumer("pubsub", options)
        consumer = LedgerConsumer(inner, ledger.writer, "pubsub", "c")
        await consumer.open()
        assert [record.state for record in subscriptions(await ledger.records())] == ["open"]
        await consumer.receive(10)
        tested.kill()
        await tested.restart()
        with pytest.raises(ConnectionLost):
            await consumer.receive(10)
        await consumer.receive(10)
        await consumer.aclose()
        await consumer.aclose()
        await ledger.writer.flush()
        found = subscriptions(await ledger.records())
    assert [record.state for record in found] == ["open", "lost", "open", "closed"]
    times = [record.at for record in found]
    assert times == sorted(times)
    assert len(set(times)) == 4


async def test_who_leaves_is_held_to_nothing_that_is_sent_from_then_on(server: EmbeddedServer) -> None:
    async with Ledger(server) as ledger:
        broker = MemoryBroker()
        consumer = LedgerConsumer(broker.consumer("pubsub", Options(block=0.01)), ledger.writer, "pubsub", "c")
        publisher = broker.publisher("pubsub")
        await consumer.open()
        await publisher.publish([message(1)])
        await consumer.leave()
        await ledger.writer.flush()
        found = subscriptions(await ledger.records())
        assert len((await consumer.receive(10)).deliveries) == 1  # what had been sent still comes
        await consumer.aclose()
        await ledger.writer.flush()
        assert subscriptions(await ledger.records()) == found
    assert [record.state for record in found] == ["open", "closed"]


def subscriptions(records: list[Record]) -> list[Subscription]:
    return [record for record in records if isinstance(record, Subscription)]
