"""What a publisher is told, and that what it sent arrives as it was."""

from __future__ import annotations

import json

import pytest

from messaging import Acknowledged, Failed, encode
from messaging.seam.errors import BacklogFull, MessageTooLarge
from tests.support.messages import Author, counts
from tests.support.promising import promising
from tests.support.scene import Scene, collect

UNICODE = 'žluťoučký kůň \u0000 "quoted" \\ 🐎 \u2028 漢字'


async def test_opening_a_consumer_is_the_confirmation_that_it_will_get_what_is_published_next(scene: Scene) -> None:
    publisher = await scene.publisher()
    consumer = await scene.consumer()
    await publisher.publish(scene.author.write(1))
    assert counts(await collect(consumer, 1)) == [1]


async def test_messages_arrive_in_order_and_unchanged(scene: Scene) -> None:
    consumer = await scene.consumer()
    sent = await scene.publish(150) + await scene.publish(50)
    come = await collect(consumer, 200, limit=30)
    assert [delivery.message for delivery in come] == sent
    assert {(delivery.destination, delivery.count) for delivery in come} == {(scene.destination, 1)}


@promising(acknowledged_by="length")
async def test_each_message_is_acknowledged_by_the_length_of_the_list_after_it(scene: Scene) -> None:
    assert await scene.send(scene.author.write(2)) == [Acknowledged(1), Acknowledged(2)]
    assert await scene.send(scene.author.write(1)) == [Acknowledged(3)]


@promising(acknowledged_by="entry id")
async def test_each_message_is_acknowledged_by_its_entrys_id(scene: Scene) -> None:
    outcomes = await scene.send(scene.author.write(3))
    ids = [tuple(map(int, str(one.value).split("-"))) for one in outcomes if isinstance(one, Acknowledged)]
    assert ids == sorted(set(ids))


@promising(acknowledged_by="receivers")
async def test_each_message_is_acknowledged_by_how_many_subscribers_it_had(scene: Scene) -> None:
    assert await scene.send(scene.author.write(1)) == [Acknowledged(0)]
    await scene.consumer()
    await scene.consumer()
    assert await scene.send(scene.author.write(2)) == [Acknowledged(2), Acknowledged(2)]


@promising(fan_out=True)
async def test_what_was_published_before_a_subscription_never_comes(scene: Scene) -> None:
    await scene.publish(3)
    consumer = await scene.consumer()
    await scene.publish(1)
    assert counts(await collect(consumer, 1)) == [4]


@promising(persistent=True)
async def test_what_was_published_before_any_consumer_came_waits_for_it(scene: Scene) -> None:
    await scene.publish(3)
    assert counts(await collect(await scene.consumer(), 3)) == [1, 2, 3]


async def test_publishing_nothing_does_nothing(scene: Scene) -> None:
    publisher = await scene.publisher()
    assert await publisher.publish([]) == []


@pytest.mark.parametrize("body", ["", UNICODE, "x" * 1024 * 1024], ids=["empty", "unicode", "1MiB"])
async def test_any_text_arrives_as_it_was(scene: Scene, body: str) -> None:
    consumer = await scene.consumer()
    await scene.publish(1, body)
    (delivery,) = await collect(consumer, 1)
    assert delivery.message.message == body


async def test_a_large_message_among_small_ones_keeps_its_place(scene: Scene) -> None:
    consumer = await scene.consumer()
    sizes = [10, 1024 * 1024, 10, 200_000, 10]
    await scene.send([scene.author.message("x" * size) for size in sizes])
    assert [len(delivery.message.message) for delivery in await collect(consumer, 5)] == sizes


async def test_json_keys_that_nobody_knows_are_ignored(scene: Scene) -> None:
    consumer = await scene.consumer()
    message = scene.author.message()
    await scene.push(json.dumps(json.loads(encode(message)) | {"colour": ["blue", {"deep": 1}]}).encode())
    (delivery,) = await collect(consumer, 1)
    assert delivery.message == message


async def test_trace_context_travels_with_the_message(scene: Scene) -> None:
    consumer = await scene.consumer()
    plain = scene.author.message()
    traced = type(plain)(plain.id, plain.timestamp, "x", "me", 1, f"00-{'a' * 32}-{'b' * 16}-01", "vendor=1")
    await scene.send([traced])
    (delivery,) = await collect(consumer, 1)
    assert delivery.message == traced


async def test_a_message_that_is_too_large_fails_alone(scene: Scene) -> None:
    publisher, consumer = await scene.publisher(message_bytes=400), await scene.consumer()
    small, large, last = (scene.author.message("x" * size) for size in (10, 400, 20))
    outcomes = await publisher.publish([small, large, last])
    assert [type(one) for one in outcomes] == [Acknowledged, Failed, Acknowledged]
    assert isinstance(outcomes[1], Failed)
    assert isinstance(outcomes[1].error, MessageTooLarge)
    assert (outcomes[1].error.size, outcomes[1].error.limit) == (len(encode(large)), 400)
    assert [type(one) for one in await publisher.publish([large])] == [Failed]
    assert counts(await collect(consumer, 2)) == [small.count, last.count]


@promising(persistent=True)
async def test_publishing_beyond_max_length_fails_until_consumers_have_caught_up(scene: Scene) -> None:
    publisher, consumer = await scene.publisher(max_length=10), await scene.consumer()
    author, outcomes = Author(), []
    for message in author.write(12):
        outcomes += await publisher.publish([message])
    assert [type(one) for one in outcomes] == [Acknowledged] * 10 + [Failed] * 2
    full = outcomes[-1]
    assert isinstance(full, Failed)
    assert isinstance(full.error, BacklogFull)
    assert (full.error.destination, full.error.length, full.error.limit) == (scene.destination, 10, 10)
    await collect(consumer, 10)
    assert [type(one) for one in await publisher.publish(author.write(1))] == [Acknowledged]


@promising(persistent=True)
async def test_a_new_publisher_notices_at_once_that_the_backlog_is_full(scene: Scene) -> None:
    await scene.publish(10)
    publisher = await scene.publisher(max_length=10)
    assert [type(one) for one in await publisher.publish(scene.author.write(1))] == [Failed]
