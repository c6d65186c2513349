"""What becomes of a message after its handler: done, again, or dead."""

from __future__ import annotations

import asyncio

from messaging import ACK, Batch, Consumer, Dead, Retry, Settled, Settlement
from tests.support.messages import counts
from tests.support.places import ServerPlace
from tests.support.promising import promising
from tests.support.scene import PATIENCE, Scene, nothing, something

SCAN = 0.9  # a short lease makes streams look for what is due more often than once a second


async def test_what_was_acknowledged_never_comes_again_and_leaves_nothing_behind(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(20)
    come = 0
    while come < 20:
        batch = await something(consumer, limit=7)
        assert await consumer.settle(batch, [ACK] * len(batch)) == Settled(acked=len(batch))
        come += len(batch)
    assert await nothing(consumer)
    assert not any(await consumer.backlog())
    assert await scene.remains() == {}


async def test_no_settlements_mean_that_all_is_acknowledged(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(3)
    come = 0
    while come < 3:
        batch = await something(consumer)
        come += (await consumer.settle(batch)).acked
    assert await scene.remains() == {}


async def test_an_empty_batch_can_be_settled_like_any_other(scene: Scene) -> None:
    consumer = await scene.consumer()
    empty = await consumer.receive(10)
    assert await consumer.settle(empty) == await consumer.settle(empty, []) == Settled()
    await consumer.renew(empty)
    await consumer.hand_back(empty)
    await scene.publish(1)
    settled, batch = await consumer.exchange(empty, None, 10)
    assert settled == Settled()
    assert counts(batch) == [1]


@promising(redelivers=True)
async def test_settling_twice_changes_nothing(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(2)
    batch = await something(consumer)
    settlements: list[Settlement] = [ACK, Dead("bad")]
    assert await consumer.settle(batch, settlements) == Settled(acked=1, dead=1)
    assert await consumer.settle(batch, settlements) == Settled(stale=2)
    assert len(await scene.letters()) == 1


@promising(redelivers=True)
async def test_a_retry_comes_again_after_its_delay_and_not_before(scene: Scene) -> None:
    consumer = await scene.consumer(lease=SCAN, retry_delay=0.3)
    clock = asyncio.get_running_loop().time
    await scene.publish(3)
    batch = await something(consumer)
    settled_at = clock()
    assert await consumer.settle(batch, [ACK, Retry("busy"), ACK]) == Settled(acked=2, retried=1)
    again = await something(consumer)
    assert clock() - settled_at > 0.29
    assert [(one.message.count, one.count) for one in again.deliveries] == [(2, 2)]
    await consumer.settle(again)
    assert await scene.remains() == {}


@promising(redelivers=True)
async def test_each_further_retry_waits_twice_as_long(scene: Scene) -> None:
    consumer = await scene.consumer(lease=SCAN, retry_delay=0.1, retry_delay_max=0.2)
    clock = asyncio.get_running_loop().time
    await scene.publish(1)
    waits = []
    batch = await something(consumer)
    for _ in range(3):
        settled_at = clock()
        await consumer.settle(batch, [Retry("busy")])
        batch = await something(consumer)
        waits.append(clock() - settled_at)
    assert all(wait > least - 0.01 for wait, least in zip(waits, (0.1, 0.2, 0.2), strict=True)), waits


@promising(redelivers=True)
async def test_what_is_delivered_again_comes_alone_while_fresh_messages_come_together(scene: Scene) -> None:
    consumer = await scene.consumer(lease=SCAN, retry_delay=0.0)
    await scene.publish(3)
    await consumer.settle(await something(consumer), [Retry("a"), Retry("b"), ACK])
    await scene.publish(5)
    batches: list[Batch] = []
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, batches)) < 7:
            batches.append(await something(consumer))
            await consumer.settle(batches[-1])
    assert sorted(counts(batch) for batch in batches) == [[1], [2], [4, 5, 6, 7, 8]]
    assert {one.count for batch in batches if len(batch) == 1 for one in batch.deliveries} == {2}


@promising(redelivers=True)
async def test_what_is_retried_too_often_dies(scene: Scene) -> None:
    consumer = await scene.consumer(lease=SCAN, retry_delay=0.0, max_deliveries=3)
    (message,) = await scene.publish(1)
    seen, settled = [], Settled()
    for _ in range(3):
        batch = await something(consumer)
        seen += [one.count for one in batch.deliveries]
        settled = await consumer.settle(batch, [Retry("still broken")])
    assert seen == [1, 2, 3]
    assert settled == Settled(dead=1)
    assert await nothing(consumer)
    assert await scene.remains() == {}
    (letter,) = await scene.letters()
    assert (letter.reason, letter.error, letter.deliveries) == ("deliveries", "still broken", 3)
    assert message.id.encode() in letter.body


@promising(redelivers=True)
async def test_what_kills_its_consumer_each_time_dies_alone(scene: Scene) -> None:
    await scene.publish(3)
    crashing = {"lease": 0.2, "max_deliveries": 2, "block": 0.3}
    assert counts(await something(await scene.consumer(**crashing))) == [1, 2, 3]
    survivor = await scene.consumer(**crashing)
    done = await _survive(survivor, killer=2)
    assert sorted(done) == [1, 3]
    assert survivor.signals.dead_on_claim == 1
    (letter,) = await scene.letters()
    assert (letter.reason, letter.error, letter.deliveries) == ("deliveries", "no consumer settled it in time", 2)
    assert await scene.remains() == {}


async def _survive(survivor: Consumer, killer: int) -> list[int]:
    """Settle what comes, except one message, which is left to its lease, until that one is dead."""
    done: list[int] = []
    async with asyncio.timeout(PATIENCE):
        while not survivor.signals.dead_on_claim:
            batch = await survivor.receive(10)
            if len(batch) and counts(batch) != [killer]:
                done += counts(batch)
                await survivor.settle(batch)
    return done


@promising(fan_out=False)
async def test_what_the_handler_rejects_dies_at_once(scene: Scene) -> None:
    consumer = await scene.consumer()
    sent = await scene.publish(3)
    batch = await something(consumer)
    assert await consumer.settle(batch, [ACK, Dead("no such customer"), ACK]) == Settled(acked=2, dead=1)
    assert [(one.reason, one.error, one.deliveries) for one in await scene.letters()] == [
        ("rejected", "no such customer", 1)
    ]
    assert sent[1].id.encode() in (await scene.letters())[0].body
    assert await scene.remains() == {}


@promising(fan_out=False, redelivers=False)
async def test_what_cannot_be_delivered_again_dies_when_it_fails(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(2)
    assert await consumer.settle(await something(consumer), [Retry("broken"), ACK]) == Settled(acked=1, dead=1)
    assert [(one.reason, one.error, one.deliveries) for one in await scene.letters()] == [("failed", "broken", 1)]
    assert await nothing(consumer)


@promising(fan_out=True)
async def test_what_fails_where_nothing_is_kept_is_dropped_and_counted(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    assert await consumer.settle(await something(consumer), [Retry("broken")]) == Settled(dead=1)
    await scene.publish(1)
    assert await consumer.settle(await something(consumer), [Dead("bad")]) == Settled(dead=1)
    assert await scene.letters() == []


@promising(fan_out=False)
async def test_a_dead_letter_tells_everything_about_its_message(scene: Scene, server: ServerPlace) -> None:
    consumer = await scene.consumer()
    body = b'{"id": "broken \xff\x00'
    before = await _now(server, scene)
    await scene.push(body)
    await consumer.settle(await something(consumer))
    after = await _now(server, scene)
    (letter,) = await server.fields_of_letters(scene.destination)
    assert set(letter) == {"origin", "reason", "error", "deliveries", "first", "last", "body"}
    assert (letter["origin"].decode(), letter["reason"], letter["deliveries"]) == (
        scene.destination,
        b"malformed",
        b"1",
    )
    assert letter["body"] == body
    assert before <= int(letter["first"]) <= int(letter["last"]) <= after


async def _now(server: ServerPlace, scene: Scene) -> int:
    seconds, micros = await server.ask(scene.destination, "TIME")
    return int(seconds) * 1000 + int(micros) // 1000


@promising(fan_out=False)
async def test_letters_of_a_batch_keep_their_order(scene: Scene) -> None:
    consumer = await scene.consumer()
    await scene.publish(3)
    await consumer.settle(await something(consumer), [Dead("first"), Dead("second"), Dead("third")])
    assert [letter.error for letter in await scene.letters()] == ["first", "second", "third"]
