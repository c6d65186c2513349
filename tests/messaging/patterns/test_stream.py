"""What only the stream promises: large batches, entries that go out of order, forgotten consumers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from messaging import ACK, PATTERNS, Dead, Retry, Settled, Settlement
from messaging.patterns.stream_commands import FORGET_AFTER
from messaging.seam import keys
from tests.support.messages import counts
from tests.support.places import ServerPlace
from tests.support.scene import Scene, collect, something
from tests.support.standalone import Standalone


@pytest_asyncio.fixture
async def scene(standalone: Standalone, destination: str) -> AsyncIterator[Scene]:
    prepared = Scene(PATTERNS["stream"], ServerPlace(standalone.settings), destination)
    yield prepared
    await prepared.aclose()


@pytest.fixture
def server(scene: Scene) -> ServerPlace:
    assert isinstance(scene.place, ServerPlace)
    return scene.place


@pytest.mark.parametrize("settlement", [ACK, Retry("all of them"), Dead("all of them")])
async def test_a_large_batch_is_within_what_lua_can_unpack(scene: Scene, settlement: Settlement) -> None:
    consumer, number = await scene.consumer(), 10_000
    await scene.publish(number, "x")
    batch = await consumer.receive(number)
    assert len(batch) == number
    settled = await consumer.settle(batch, [settlement] * number)
    assert max(settled) == number
    assert settled.stale == 0
    assert (await consumer.backlog()).in_flight == settled.retried


async def test_entries_that_are_done_out_of_order_are_all_gone_in_the_end(scene: Scene, server: ServerPlace) -> None:
    first, second = await scene.consumer(), await scene.consumer()
    await scene.publish(6)
    early = await something(first, limit=3)
    late = await something(second, limit=3)
    assert await second.settle(late) == Settled(acked=3)
    assert (await first.backlog()) == (0, 3)
    assert await first.settle(early) == Settled(acked=3)
    assert await server.ask(scene.destination, "XLEN", scene.destination) == 0


async def test_the_lag_is_right_while_an_old_entry_is_still_pending(scene: Scene) -> None:
    slow, quick = await scene.consumer(), await scene.consumer()
    await scene.publish(10)
    held = await something(slow, limit=1)
    for left in range(8, -1, -1):
        await quick.settle(await something(quick, limit=1))
        assert await quick.backlog() == (left, 1)
    await slow.settle(held)
    await scene.publish(2)
    assert await quick.backlog() == (2, 0)


async def test_a_consumer_that_was_silent_for_an_hour_with_nothing_in_hand_is_forgotten(
    scene: Scene, server: ServerPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FORGET_AFTER == 3600.0
    monkeypatch.setattr("messaging.patterns.stream.FORGET_AFTER", 0.0)
    await scene.consumer(consumer="crashed-with-nothing")
    holding = await scene.consumer(consumer="crashed-with-something")
    await scene.publish(1)
    await something(holding)
    await scene.consumer(consumer="new")
    names = await _consumers(server, scene)
    assert names & {"crashed-with-nothing", "crashed-with-something"} == {"crashed-with-something"}


async def _consumers(server: ServerPlace, scene: Scene) -> set[str]:
    rows = await server.ask(scene.destination, "XINFO", "CONSUMERS", scene.destination, keys.GROUP)
    return {row[1].decode() for row in rows}


async def test_entries_that_somebody_else_added_with_more_fields_are_read(scene: Scene, server: ServerPlace) -> None:
    consumer = await scene.consumer()
    await scene.push(b"{}")
    await server.ask(
        scene.destination, "XADD", scene.destination, "*", "colour", "blue", keys.STREAM_FIELD, "[]", "size", "9"
    )
    batch = await something(consumer, limit=1)
    await consumer.settle(batch)
    (bad,) = (await something(consumer)).malformed
    assert bad.body == b"[]"


async def test_a_group_that_somebody_deleted_comes_back_and_nothing_is_lost(scene: Scene, server: ServerPlace) -> None:
    publisher = await scene.publisher()
    await server.ask(scene.destination, "XGROUP", "DESTROY", scene.destination, keys.GROUP)
    await publisher.publish(scene.author.write(2))
    assert counts(await collect(await scene.consumer(), 2)) == [1, 2]
