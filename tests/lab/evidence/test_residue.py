"""What is still in Redis is found wherever a pattern may keep it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from lab.embedded import EmbeddedServer
from lab.evidence.residue import Residue, residue
from messaging.broker import RedisBroker
from messaging.seam import keys
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.seam.options import Options
from messaging.seam.settlements import ACK, Dead
from messaging.transport.connection import Topology, topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings

LIFE = Life()
DESTINATION, GROUP = "orders", "workers"


def messages(first: int, last: int) -> list[Message]:
    stamp = datetime.now(UTC)
    return [Message(LIFE.id_of(count), stamp, "ü" * 300, "sender", count) for count in range(first, last + 1)]


def ids(*counts: int) -> list[str]:
    return [LIFE.id_of(count) for count in counts]


@pytest.fixture
async def settings() -> AsyncIterator[RedisSettings]:
    async with EmbeddedServer() as server:
        yield RedisSettings(host=server.host, port=server.port)


@pytest.fixture
def server(settings: RedisSettings) -> Topology:
    return topology(settings)


async def found(server: Topology, pattern: str) -> Residue:
    looked = await residue(server, pattern, DESTINATION, GROUP)
    looked.left.sort()
    return looked


@pytest.mark.parametrize("pattern", ["pubsub", "sharded-pubsub", "queue", "reliable-queue", "stream"])
async def test_an_untouched_server_holds_nothing(server: Topology, pattern: str) -> None:
    assert await found(server, pattern) == Residue()


@pytest.mark.parametrize("pattern", ["queue", "reliable-queue", "stream"])
async def test_waiting_in_hand_and_dead_letters(
    monkeypatch: pytest.MonkeyPatch, settings: RedisSettings, server: Topology, pattern: str
) -> None:
    monkeypatch.setattr("lab.evidence.residue.PAGE", 2)
    broker = RedisBroker(settings)
    options = Options(destination=DESTINATION, group=GROUP)
    publisher, consumer = broker.publisher(pattern, options), broker.consumer(pattern, options)
    await publisher.open()
    await publisher.publish(messages(1, 9))
    assert await found(server, pattern) == Residue(left=ids(*range(1, 10)))
    await consumer.open()
    batch = await consumer.receive(2)
    await consumer.settle(batch, [ACK, Dead("bad")])
    in_hand = await consumer.receive(3)
    assert [one.message.count for one in in_hand.deliveries] == [3, 4, 5]
    left = (6, 7, 8, 9) if pattern == "queue" else (3, 4, 5, 6, 7, 8, 9)
    assert await found(server, pattern) == Residue(left=ids(*left), dead_lettered=ids(2), letters={LIFE.id_of(2): 1})
    await consumer.aclose()
    await publisher.aclose()


async def test_what_was_moved_for_nobody_and_what_is_no_message(server: Topology) -> None:
    link = Link(server, "", 5, 5)
    await link.one(("RPUSH", keys.woken(DESTINATION), b"\xff no message"))
    await link.aclose()
    assert await found(server, "reliable-queue") == Residue(malformed=1)
