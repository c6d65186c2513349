"""What a stream keeps of acknowledged messages, and giving it again to a group of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from messaging import ACK, Acknowledged, Backlog, Failed, History, Keep, Outcome, Retry, encode
from messaging.seam.errors import BacklogFull, GroupExists
from messaging.seam.keys import GROUP
from tests.support.messages import counts
from tests.support.places import ServerPlace
from tests.support.promising import promising
from tests.support.scene import Scene, collect, something

pytestmark = pytest.mark.usefixtures("nothing_kept")  # each says itself what is kept
on_streams = promising(acknowledged_by="entry id")
DAY = Keep(seconds=86_400)


@pytest_asyncio.fixture
async def history(scene: Scene, server: ServerPlace) -> AsyncIterator[History]:
    """Give the history of the scene's stream."""
    history = History(server.settings, scene.destination)
    yield history
    await history.aclose()


async def kept(history: History, since: str | datetime = "0") -> list[int]:
    """Return the counts of the messages that stand in the stream."""
    return [one.message.count async for one in history.entries(since) if one.message]


async def ids(history: History) -> list[str]:
    """Return the entries' ids."""
    return [one.entry async for one in history.entries()]


@on_streams
async def test_the_newest_so_many_stay_and_a_batch_more_does_not(scene: Scene, history: History) -> None:
    consumer = await scene.consumer(keep=Keep(messages=10))
    await scene.publish(25)
    await collect(consumer, 25, limit=7)
    assert await kept(history) == [*range(16, 26)]
    assert await consumer.backlog() == Backlog(0, 0)
    await scene.publish(1)
    assert await consumer.backlog() == Backlog(1, 0)
    await collect(consumer, 1)
    assert await kept(history) == [*range(17, 27)]


@on_streams
async def test_what_is_younger_than_the_time_stays(scene: Scene, server: ServerPlace, history: History) -> None:
    (seconds, _) = await server.ask(scene.destination, "TIME")
    for age in (7200, 3700, 3500, 60):  # entries as if they were added so many seconds ago
        added = f"{(int(seconds) - age) * 1000}-0"
        body = encode(scene.author.message())
        await server.ask(scene.destination, "XADD", scene.destination, added, "data", body)
    consumer = await scene.consumer(keep=Keep(seconds=3600))
    await collect(consumer, 4)
    assert await kept(history) == [3, 4]


@on_streams
async def test_a_history_never_costs_a_group_what_it_has_not_done(scene: Scene, history: History) -> None:
    quick, slow = [await scene.consumer(group=name, keep=Keep(messages=2)) for name in (GROUP, "slow")]
    await scene.publish(10)
    held = await something(slow, limit=4)
    await collect(quick, 10, limit=3)
    assert await kept(history) == [*range(1, 11)]
    assert (await slow.settle(held, [ACK, Retry("later"), ACK, ACK])).retried == 1
    assert await kept(history) == [*range(2, 11)], "the second is pending"
    assert sorted(counts(await collect(slow, 7))) == [2, *range(5, 11)]
    assert await kept(history) == [9, 10]


@on_streams
async def test_a_group_that_is_made_later_gets_the_history(scene: Scene, server: ServerPlace) -> None:
    del server
    await scene.publish(5)
    await collect(await scene.consumer(keep=DAY), 5)
    later = await scene.consumer(group="later", keep=DAY)
    assert await later.backlog() == Backlog(5, 0)
    assert counts(await collect(later, 5)) == [*range(1, 6)]


@on_streams
@pytest.mark.parametrize("place_of", [0, 1, 1200, 2399])
async def test_a_replay_begins_at_an_entry_and_knows_what_waits(scene: Scene, history: History, place_of: int) -> None:
    consumer = await scene.consumer(keep=DAY)
    await scene.publish(2400)
    await collect(consumer, 2400)
    since = (await ids(history))[place_of]
    assert await history.replay("again", since) == Backlog(2400 - place_of, 0)
    again = await scene.consumer(group="again", keep=DAY)
    first = await something(again, limit=10)
    assert first.deliveries[0].message.count == place_of + 1
    assert await again.backlog() == Backlog(2400 - place_of - len(first), len(first))
    await scene.publish(3)
    assert await again.backlog() == Backlog(2403 - place_of - len(first), len(first))
    assert await consumer.backlog() == Backlog(3, 0)


@on_streams
async def test_a_replay_begins_at_a_time(scene: Scene, server: ServerPlace, history: History) -> None:
    for hour in range(1, 6):
        added = int(datetime(2026, 1, 31, hour, tzinfo=UTC).timestamp() * 1000)
        body = encode(scene.author.message())
        await server.ask(scene.destination, "XADD", scene.destination, f"{added}-0", "data", body)
    three = datetime(2026, 1, 31, 3, tzinfo=UTC)
    assert await kept(history, three) == [3, 4, 5]
    assert (await history.replay("three", three)).waiting == 3
    assert (await history.replay("after", three + timedelta(milliseconds=1))).waiting == 2
    assert (await history.replay("all", datetime(1970, 1, 1, tzinfo=UTC))).waiting == 5
    assert (await history.replay("none", datetime.now(UTC))).waiting == 0


@on_streams
async def test_what_a_replay_has_not_done_stays_until_its_group_is_dropped(scene: Scene, history: History) -> None:
    consumer = await scene.consumer(keep=Keep(messages=1))
    await scene.publish(4)
    await history.replay("again")
    await collect(consumer, 4)
    assert await kept(history) == [1, 2, 3, 4]
    assert await history.drop("again")
    assert not await history.drop("again")
    await scene.publish(1)
    await collect(consumer, 1)
    assert await kept(history) == [5]


@on_streams
async def test_a_group_that_is_there_is_not_moved(scene: Scene, history: History) -> None:
    await scene.consumer()
    with pytest.raises(GroupExists, match="drop the group"):
        await history.replay("subscribers")


@on_streams
@pytest.mark.parametrize("since", ["", "yesterday", "1-2-3", "-1", datetime(2026, 1, 31)])  # noqa: DTZ001 - no zone
async def test_what_is_no_moment_is_refused(scene: Scene, history: History, since: str | datetime) -> None:
    del scene
    with pytest.raises(ValueError, match="give"):
        await history.replay("again", since)


@on_streams
@pytest.mark.parametrize("keep", [DAY, Keep(messages=100)])
async def test_max_length_counts_only_what_is_not_done(scene: Scene, server: ServerPlace, keep: Keep) -> None:
    del server
    publisher, consumer = await scene.publisher(max_length=10, keep=keep), await scene.consumer(keep=keep)

    async def publish(number: int) -> list[type[Outcome]]:
        outcomes: list[Outcome] = []
        for message in scene.author.write(number):
            outcomes += await publisher.publish([message])
        assert all(isinstance(one.error, BacklogFull) for one in outcomes if isinstance(one, Failed))
        return [type(one) for one in outcomes]

    for _ in range(4):
        assert await publish(11) == [Acknowledged] * 10 + [Failed]
        await collect(consumer, 10)
    assert await publish(6) == [Acknowledged] * 6
    await something(consumer, limit=4)
    assert await publish(5) == [Acknowledged] * 4 + [Failed]
