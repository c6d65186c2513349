"""What only a server can do to us: what is in the way, what goes away, what is not safe enough."""

from __future__ import annotations

import asyncio

import pytest

from lab.common.ports import free_port
from messaging import Acknowledged, Batch, Consumer, Failed, RedisBroker, RedisSettings, Unknown, Watcher
from messaging.seam import keys
from messaging.seam.errors import (
    ConnectionLost,
    MessagingError,
    NotReplicated,
    ServerNotReady,
    ServerRefused,
    WrongType,
)
from tests.support.eventually import eventually
from tests.support.loops import Notes, looping
from tests.support.messages import counts, written
from tests.support.places import ServerPlace
from tests.support.promising import promising
from tests.support.scene import PATIENCE, Scene, collect, something


@promising(persistent=True)
async def test_a_key_of_another_type_is_told_when_something_is_opened(scene: Scene, server: ServerPlace) -> None:
    await server.ask(scene.destination, "SET", scene.destination, "somebody's")
    for opening in (scene.consumer, scene.publisher):
        with pytest.raises(WrongType, match=rf"{scene.destination} is a string.*another name"):
            await opening()
    assert await server.ask(scene.destination, "GET", scene.destination) == b"somebody's"


@promising(persistent=True)
async def test_a_key_that_turns_into_another_type_fails_the_publish(scene: Scene, server: ServerPlace) -> None:
    publisher = await scene.publisher()
    await server.ask(scene.destination, "DEL", scene.destination)
    await server.ask(scene.destination, "SET", scene.destination, "somebody's")
    outcomes = await publisher.publish(written(2))
    assert [type(one) for one in outcomes] == [Failed, Failed]
    assert all(isinstance(one, Failed) and isinstance(one.error, WrongType) for one in outcomes)


@promising(persistent=True)
@pytest.mark.usefixtures("server")
async def test_too_few_replicas_make_the_outcome_unknown(scene: Scene) -> None:
    publisher = await scene.publisher(wait_replicas=5, wait_timeout=0.05)
    outcomes = await publisher.publish(written(2))
    assert [type(one) for one in outcomes] == [Unknown, Unknown]
    assert isinstance(_error(outcomes[0]), NotReplicated)
    assert len(await collect(await scene.consumer(), 2)) == 2


@promising(persistent=True)
@pytest.mark.usefixtures("server")
async def test_no_replica_asked_for_is_acknowledged_at_once(scene: Scene) -> None:
    publisher = await scene.publisher(wait_replicas=0, wait_timeout=30.0)
    async with asyncio.timeout(5.0):
        assert [type(one) for one in await publisher.publish(written(1))] == [Acknowledged]


@promising(persistent=True)
@pytest.mark.usefixtures("server")
async def test_no_append_only_file_makes_the_outcome_of_waiting_for_it_unknown(scene: Scene) -> None:
    publisher = await scene.publisher(wait_fsync=True, wait_timeout=0.05)
    outcomes = await publisher.publish(written(1))
    assert [type(one) for one in outcomes] == [Unknown]
    assert len(await collect(await scene.consumer(), 1)) == 1


def _error(outcome: object) -> MessagingError:
    assert isinstance(outcome, Failed | Unknown)
    return outcome.error


@pytest.mark.usefixtures("nothing_kept")
@promising(acknowledged_by="entry id")
async def test_another_group_gets_everything_too_and_entries_go_when_both_have_done_them(
    scene: Scene, server: ServerPlace
) -> None:
    first, second = await scene.consumer(group="first"), await scene.consumer(group="second")
    publisher = await scene.publisher(group="first")
    await publisher.publish(scene.author.write(20))
    assert counts(await collect(first, 20)) == [*range(1, 21)]
    assert (await second.backlog()).waiting == 20
    assert counts(await collect(second, 12, limit=4)) == [*range(1, 13)]
    assert await server.ask(scene.destination, "XLEN", scene.destination) == 8
    assert (await second.backlog()).waiting == 8
    assert counts(await collect(second, 8)) == [*range(13, 21)]
    assert await server.ask(scene.destination, "XLEN", scene.destination) == 0


@pytest.mark.usefixtures("nothing_kept")
@promising(acknowledged_by="entry id")
async def test_a_message_that_one_group_buries_still_comes_to_the_other(scene: Scene, server: ServerPlace) -> None:
    first = await scene.consumer(group="first", max_deliveries=1, lease=0.1)
    second = await scene.consumer(group="second")
    await (await scene.publisher(group="first")).publish(scene.author.write(1))
    await something(first)
    async with asyncio.timeout(PATIENCE):
        while not first.signals.dead_on_claim:
            assert len(await first.receive(10)) == 0
    assert counts(await collect(second, 1)) == [1]
    assert await server.ask(scene.destination, "XLEN", scene.destination) == 0


@promising(acknowledged_by="entry id")
async def test_entries_that_were_trimmed_away_are_counted_as_lost(scene: Scene, server: ServerPlace) -> None:
    crashed = await scene.consumer(consumer="pod-0")
    await scene.publish(4)
    assert len(await something(crashed, limit=3)) == 3
    await server.ask(scene.destination, "XTRIM", scene.destination, "MAXLEN", 2)
    restarted = await scene.consumer(consumer="pod-0")
    assert counts(await collect(restarted, 2)) == [3, 4]
    assert restarted.signals.trimmed == 2


@promising(persistent=True)
async def test_a_destination_that_is_deleted_is_made_again(scene: Scene, server: ServerPlace) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    await collect(consumer, 1)
    receiving = asyncio.create_task(_persistently(consumer))
    await server.ask(scene.destination, "DEL", scene.destination)
    await scene.publish(1)
    assert counts(await receiving) == [2]


async def _persistently(consumer: Consumer) -> Batch:
    """Receive until something comes, as the loop does: after an error, once more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                batch = await consumer.receive(10)
            except (ServerRefused, ServerNotReady) as error:
                assert error.reply.startswith(("NOGROUP", "UNBLOCKED"))  # noqa: PT017 - the loop goes on after it
            else:
                if len(batch):
                    return batch


@promising(acknowledged_by="entry id")
@pytest.mark.usefixtures("server")
async def test_a_new_group_gets_what_was_added_before_it(scene: Scene) -> None:
    await scene.push(b"{}")
    assert len((await something(await scene.consumer(group="late"))).malformed) == 1


@promising(acknowledged_by="entry id")
async def test_a_consumer_that_leaves_with_nothing_in_hand_is_forgotten(scene: Scene, server: ServerPlace) -> None:
    idle, busy = await scene.consumer(consumer="idle"), await scene.consumer(consumer="busy")
    await scene.publish(2)
    await collect(idle, 1, limit=1)
    await something(busy)
    await idle.aclose()
    await busy.aclose()
    names = [row[1] for row in await server.ask(scene.destination, "XINFO", "CONSUMERS", scene.destination, keys.GROUP)]
    assert names == [b"busy"]


@promising(acknowledged_by="entry id")
async def test_an_entry_of_another_shape_is_malformed_and_its_letter_keeps_its_fields(
    scene: Scene, server: ServerPlace
) -> None:
    consumer = await scene.consumer()
    await server.ask(scene.destination, "XADD", scene.destination, "*", "colour", "blue", "size", "9")
    batch = await something(consumer)
    assert [one.body for one in batch.malformed] == [b""]
    await consumer.settle(batch)
    (letter,) = await server.fields_of_letters(scene.destination)
    assert (letter["body"], letter["entry:colour"], letter["entry:size"]) == (b"", b"blue", b"9")


async def test_a_closed_port_fails_for_certain_and_never_raises(pattern: str) -> None:
    broker = RedisBroker(RedisSettings(host="127.0.0.1", port=free_port()))
    publisher = broker.publisher(pattern)
    outcomes = await publisher.publish(written(3))
    assert [type(one) for one in outcomes] == [Failed] * 3
    error = _error(outcomes[0])
    assert isinstance(error, ConnectionLost)
    assert not error.sent
    with pytest.raises(ConnectionLost):
        await publisher.open()
    with pytest.raises(ConnectionLost):
        await broker.consumer(pattern).open()


async def test_a_loop_that_lost_its_connection_connects_again_and_says_so(scene: Scene, server: ServerPlace) -> None:
    states: list[MessagingError | None] = []
    notes = Notes()
    async with looping(scene, notes, watcher=Watcher(state=states.append)) as loop:
        await scene.publish(2)
        await eventually(lambda: loop.counters.processed == 2)
        for kind in ("normal", "pubsub"):
            await server.ask(scene.destination, "CLIENT", "KILL", "TYPE", kind)
        await eventually(lambda: loop.counters.reconnects and states[-1] is None)
        await scene.publish(1)
        await eventually(lambda: loop.counters.processed == 3)
    assert notes.counts == [1, 2, 3]
    assert all(isinstance(state, ConnectionLost) for state in states if state is not None)
    assert await scene.remains() == {}
