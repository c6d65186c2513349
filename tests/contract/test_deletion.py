"""What is acknowledged takes no memory for long, though something older is still pending; and what waits is known."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from messaging import ACK, Backlog, Batch, Consumer, Dead, Retry, Settlement
from tests.support.messages import counts
from tests.support.places import ServerPlace
from tests.support.promising import promising
from tests.support.scene import PATIENCE, Scene, collect, something

NUMBER = 1000
LIMITS = [1, 7, 100]
DECISIONS: list[Settlement] = [ACK, ACK, Retry("again")]

pytestmark = pytest.mark.usefixtures("nothing_kept")
on_streams = promising(acknowledged_by="entry id")


async def length(scene: Scene, server: ServerPlace) -> int:
    """Return how many entries stand in the stream."""
    entries: int = await server.ask(scene.destination, "XLEN", scene.destination)
    return entries


async def pass_through(consumer: Consumer, number: int, limit: int) -> None:
    """Receive and acknowledge all that waits, and see at every moment that it is known how much that is."""
    async with asyncio.timeout(PATIENCE):
        batch = await something(consumer, limit)
        while number := number - len(batch):
            assert (await consumer.backlog()).waiting == number
            _, batch = await consumer.exchange(batch, None, limit)
        await consumer.settle(batch)
    assert (await consumer.backlog()).waiting == 0


@on_streams
@pytest.mark.parametrize("limit", LIMITS)
async def test_an_old_pending_entry_keeps_no_other(scene: Scene, server: ServerPlace, limit: int) -> None:
    slow, quick = await scene.consumer(), await scene.consumer()
    await scene.publish(1 + NUMBER)
    held = await something(slow, limit=1)
    await pass_through(quick, NUMBER, limit)
    assert await length(scene, server) == 2, "what is pending, and the last one that was delivered"
    await scene.publish(3)
    assert await quick.backlog() == Backlog(3, 1)
    await pass_through(quick, 3, 3)
    assert await length(scene, server) == 2
    assert (await slow.settle(held)).acked == 1
    assert await scene.remains() == {}


@on_streams
async def test_a_group_that_has_not_read_yet_loses_nothing(scene: Scene, server: ServerPlace) -> None:
    slow, quick = await scene.consumer(), await scene.consumer()
    late = await scene.consumer(group="late")
    await scene.publish(1 + NUMBER)
    held = await something(slow, limit=1)
    await pass_through(quick, NUMBER, 100)
    assert await length(scene, server) == 1 + NUMBER
    assert (await late.backlog()).waiting == 1 + NUMBER
    first = await something(late, limit=NUMBER // 2)
    assert await length(scene, server) == 1 + NUMBER
    await late.settle(first)
    assert await length(scene, server) == 1 + NUMBER - (NUMBER // 2 - 2), "the pending one and its last one stay"
    rest = await collect(late, 1 + NUMBER - len(first))
    assert counts([*first.deliveries, *rest]) == [*range(1, NUMBER + 2)]
    assert await length(scene, server) == 2
    await slow.settle(held)
    assert await scene.remains() == {}


@on_streams
@pytest.mark.parametrize("limit", LIMITS)
async def test_what_two_groups_have_done_is_deleted(scene: Scene, server: ServerPlace, limit: int) -> None:
    slow, quick, other = await scene.consumer(), await scene.consumer(), await scene.consumer(group="other")
    await scene.publish(1)
    held = await something(slow, limit=1)
    await pass_through(other, 1, 1)
    for _ in range(4):
        await scene.publish(NUMBER // 4)
        await pass_through(quick, NUMBER // 4, limit)
        assert await length(scene, server) >= NUMBER // 4
        await pass_through(other, NUMBER // 4, limit)
        assert await length(scene, server) == 2
    assert (await quick.backlog(), await other.backlog()) == (Backlog(0, 1), Backlog(0, 0))
    await slow.settle(held)
    assert await scene.remains() == {}


@on_streams
async def test_what_another_group_has_pending_stays_for_it(scene: Scene, server: ServerPlace) -> None:
    slow, quick, other = await scene.consumer(), await scene.consumer(), await scene.consumer(group="other")
    await scene.publish(300)
    await something(slow, limit=1)
    first, second = await something(other, limit=100), await something(other, limit=150)
    await pass_through(quick, 299, 40)
    assert await length(scene, server) == 300
    await other.settle(second)
    assert await length(scene, server) == 100 + 1 + 50
    await pass_through(other, 50, 50)
    await other.settle(first)
    assert await length(scene, server) == 2
    assert (await other.backlog(), await quick.backlog()) == (Backlog(0, 0), Backlog(0, 1))


@on_streams
async def test_dead_letters_leave_nothing_behind_what_is_pending(scene: Scene, server: ServerPlace) -> None:
    slow, quick = await scene.consumer(), await scene.consumer()
    await scene.publish(21)
    await something(slow, limit=1)
    for _ in range(4):
        batch = await something(quick, limit=5)
        assert (await quick.settle(batch, [Dead("no")] * 5)).dead == 5
    assert await length(scene, server) == 2
    assert len(await scene.letters()) == 20


class Group:
    """Two consumers of one group that receive and settle in any order, and what is left to do for them."""

    def __init__(self, name: str, consumers: list[Consumer]) -> None:
        """Begin with nothing in hand."""
        self.name, self.consumers = name, consumers
        self.hands: dict[Consumer, Batch] = {}
        self.seen: set[str | None] = set()

    async def act(self, chance: Random) -> None:
        """Let one consumer receive, or settle what it has."""
        consumer = chance.choice(self.consumers)
        if (batch := self.hands.pop(consumer, None)) is None:
            self.hands[consumer] = batch = await consumer.receive(chance.randint(1, 5))
            self.seen.update(str(one.receipt) for one in batch.deliveries)
        elif len(batch):
            await consumer.settle(batch, [chance.choice(DECISIONS) for _ in batch.deliveries])


async def standing(scene: Scene, server: ServerPlace) -> tuple[set[bytes], dict[str, set[bytes]]]:
    """Return the ids that stand in the stream, and those that each group has pending."""
    name = scene.destination
    entries = {entry for entry, _ in await server.ask(name, "XRANGE", name, "-", "+")}
    groups = [row[1].decode() for row in await server.ask(name, "XINFO", "GROUPS", name)]
    rows = {group: await server.ask(name, "XPENDING", name, group, "-", "+", 1000) for group in groups}
    return entries, {group: {row[0] for row in pending} for group, pending in rows.items()}


@on_streams
@pytest.mark.parametrize("seed", range(5))
async def test_in_whatever_order_groups_settle_each_keeps_its_own(scene: Scene, server: ServerPlace, seed: int) -> None:
    chance = Random(seed)
    names = ["first", "second", "third"]
    options = {"block": 0.001, "retry_delay": 0.0, "max_deliveries": 100}
    pairs = {name: [await scene.consumer(group=name, **options) for _ in range(2)] for name in names}
    groups = [Group(name, consumers) for name, consumers in pairs.items()]
    for _ in range(60):
        if chance.random() < 0.5:
            await scene.publish(chance.randint(1, 5))
        await chance.choice(groups).act(chance)
        entries, pending = await standing(scene, server)
        for group in groups:
            assert pending[group.name] <= entries
            assert (await group.consumers[0].backlog()).waiting == scene.author.count - len(group.seen)
