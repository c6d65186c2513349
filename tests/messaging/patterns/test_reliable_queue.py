"""What only the reliable queue promises: exact bytes, a claim that can be repeated, nothing stranded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from messaging import PATTERNS, Consumer, Retry
from messaging.seam import keys
from tests.support.eventually import eventually
from tests.support.messages import counts
from tests.support.places import ServerPlace
from tests.support.scene import Scene, collect, nothing, something
from tests.support.standalone import Standalone


@pytest_asyncio.fixture
async def scene(standalone: Standalone, destination: str) -> AsyncIterator[Scene]:
    prepared = Scene(PATTERNS["reliable-queue"], ServerPlace(standalone.settings), destination)
    yield prepared
    await prepared.aclose()


@pytest.fixture
def server(scene: Scene) -> ServerPlace:
    assert isinstance(scene.place, ServerPlace)
    return scene.place


async def test_bytes_are_exact_from_the_first_batch_on(scene: Scene) -> None:
    sizes = [2_000, 2_000, 5_800, 100, 100, 9_000, 100]
    await scene.send([scene.author.message("x" * size) for size in sizes])
    consumer = await scene.consumer(batch_bytes=6_000)
    batches: list[list[int]] = []
    while not batches or batches[-1][-1] < len(sizes):
        batch = await something(consumer)
        await consumer.settle(batch)
        batches.append(counts(batch))
    assert batches == [[1, 2], [3], [4, 5], [6], [7]]


async def test_what_a_blocked_consumer_moved_belongs_to_nobody_until_it_is_claimed(
    scene: Scene, server: ServerPlace
) -> None:
    """A consumer that dies between its wait and its claim strands nothing."""
    await scene.publish(3)
    await server.ask(scene.destination, "LMOVE", scene.destination, keys.woken(scene.destination), "LEFT", "RIGHT")
    consumer = await scene.consumer()
    assert (await consumer.backlog()).waiting == 3
    assert counts(await collect(consumer, 3)) == [1, 2, 3]
    assert await scene.remains() == {}


async def test_a_wait_ends_when_a_lease_is_due(scene: Scene) -> None:
    crashed, other = await scene.consumer(lease=0.3), await scene.consumer(block=30.0)
    await scene.publish(1)
    await something(crashed)
    async with asyncio.timeout(5.0):
        assert counts(await something(other)) == [1]


async def test_a_large_batch_is_within_what_lua_can_unpack(scene: Scene) -> None:
    consumer, number = await scene.consumer(), 20_000
    await scene.publish(number, "x")
    batch = await consumer.receive(number)
    assert len(batch) == number
    settled = await consumer.settle(batch, [Retry("all of them")] * number)
    assert settled.retried == number
    assert (await consumer.backlog()).in_flight == number


async def test_a_batch_that_crashed_is_split_and_each_message_comes_alone(scene: Scene) -> None:
    crashed, other = await scene.consumer(lease=0.2), await scene.consumer()
    await scene.publish(5)
    await something(crashed)
    await eventually(lambda: _takes_one(other), every=0.0)
    assert (await other.backlog()).in_flight == 5
    assert len(await collect(other, 4)) == 4
    assert await nothing(other)


async def _takes_one(consumer: Consumer) -> bool:
    batch = await consumer.receive(10)
    return len(batch) == 1


async def test_every_helper_key_is_gone_when_all_is_done(scene: Scene, server: ServerPlace) -> None:
    consumer = await scene.consumer(retry_delay=0.0)
    await scene.publish(10)
    await consumer.settle(await something(consumer), [Retry("once")] * 10)
    await collect(consumer, 10)
    found = await server.ask(scene.destination, "KEYS", f"*{scene.destination}*")
    assert found == []
