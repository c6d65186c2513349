"""Functions, `publish` and `run`, on memory and on a server."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from typing import TYPE_CHECKING

import msgspec
import pytest

from messaging import PATTERNS, Acknowledged, Failed, Life, Message, Options, Redis, RedisSettings, Retry
from messaging.app import Application
from messaging.memory import MemoryBroker
from messaging.seam.errors import ConnectionLost, SettingsError
from tests.support.eventually import eventually
from tests.support.messages import written
from tests.support.standalone import run_standalone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.servers import ServerBinary

QUICK = Options(block=0.05, retry_delay=0.01)


class Order(msgspec.Struct):
    """What the tests send."""

    number: int


@pytest.fixture
async def redis(embedded_binary: ServerBinary) -> AsyncIterator[Redis]:
    async with run_standalone(embedded_binary) as server:
        yield Redis(f"redis://127.0.0.1:{server.node.port}", options=QUICK, sender="me")


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_what_is_published_reaches_the_function(redis: Redis, pattern: str) -> None:
    handled: asyncio.Queue[Order] = asyncio.Queue()

    @redis.on(pattern, "orders")
    async def handle(order: Order) -> None:
        await handled.put(order)

    async with redis:
        assert isinstance(await redis.publish(pattern, "orders", Order(7)), Acknowledged)
        assert await handled.get() == Order(7)


async def test_tasks_publish_side_by_side_each_in_its_order(redis: Redis) -> None:
    come: list[tuple[int, int]] = []

    @redis.on("reliable-queue", "orders")
    async def handle(pair: tuple[int, int]) -> None:
        come.append(pair)

    async def publish(task: int) -> None:
        for number in range(20):
            assert isinstance(await redis.publish("reliable-queue", "orders", (task, number)), Acknowledged)

    async with redis:
        await asyncio.gather(*(publish(task) for task in range(50)))
        await eventually(lambda: len(come) == 1000)
    for task in range(50):
        assert [number for who, number in come if who == task] == [*range(20)]


async def test_many_are_published_in_order_and_a_message_goes_as_it_is(redis: Redis) -> None:
    come: list[Message] = []

    @redis.on("queue")
    async def handle(message: Message) -> None:
        come.append(message)

    (own,) = written(1)
    outcomes = await redis.publish_many("queue", "", ["a", own, "b"])
    assert outcomes == [Acknowledged(1), Acknowledged(2), Acknowledged(3)]
    async with redis:
        await eventually(lambda: len(come) == 3)
    first, second, last = come
    assert second == own
    assert [(one.message, one.sender, one.count) for one in (first, last)] == [("a", "me", 1), ("b", "me", 2)]
    assert first.id[:24] == last.id[:24] != Life().prefix


async def test_a_dead_letter_is_listed_and_replayed(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    come: list[Order] = []

    @redis.on("stream", "orders")
    async def handle(order: Order) -> Retry | None:
        come.append(order)
        return Retry("not yet") if order.number == 2 and len(come) == 1 else None

    letters = redis.dead_letters("stream", "orders")
    async with redis:
        await redis.publish_many("stream", "orders", [Order(2), {"number": "two"}])
        await eventually(lambda: come == [Order(2), Order(2)])  # the second one after the dead letter
    (letter,) = (await letters.latest(9)).newest
    assert letter.error == "message.number: Expected `int`, got `str`"
    assert await letters.replay(letter.entry)
    await letters.aclose()
    assert any("Retry(not yet)" in text for text in caplog.messages)
    assert any("Dead(message.number" in text for text in caplog.messages)


async def test_the_same_functions_run_in_memory() -> None:
    redis = Redis("redis://nowhere.invalid")
    handled: asyncio.Queue[str] = asyncio.Queue()

    @redis.on("pubsub", "news")
    async def handle(text: str) -> None:
        await handled.put(text)

    async with redis.using(MemoryBroker()) as app:
        assert await app.publish("pubsub", "news", "hello") == Acknowledged(1)
        assert await handled.get() == "hello"


async def test_a_server_that_is_away_fails_a_publish_and_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    redis = Redis(RedisSettings(host="127.0.0.1", port=1, connect_timeout=0.5))

    @redis.on("queue")
    async def handle(text: str) -> None:
        raise AssertionError(text)

    with caplog.at_level(logging.WARNING, "messaging"):
        async with redis:
            outcome = await redis.publish("queue", "", "x")
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, ConnectionLost)
    assert [record.name for record in caplog.records] == ["messaging"]


async def test_run_ends_with_a_signal_when_what_is_in_hand_is_done() -> None:
    app = Application(MemoryBroker(), options=QUICK)
    begun, asked, done = asyncio.Event(), asyncio.Event(), False

    @app.on("reliable-queue", "orders")
    async def handle(text: str) -> None:
        nonlocal done
        begun.set()
        await asked.wait()
        done = bool(text)

    await app.publish("reliable-queue", "orders", "x")
    running = asyncio.create_task(app.run())
    await begun.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait([running], timeout=0.05)
    assert not running.done()
    asked.set()
    await running
    assert done


async def test_a_start_that_is_cancelled_leaves_nothing_behind(embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as server:
        redis = Redis(server.settings, options=QUICK)

        @redis.on("queue")
        async def handle(text: str) -> None:
            raise AssertionError(text)

        server.server.pause()
        starting = asyncio.create_task(redis.__aenter__())
        await asyncio.wait([starting], timeout=0.05)
        starting.cancel()
        server.server.resume()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert [task for task in asyncio.all_tasks() if "ConsumerLoop" in repr(task)] == []


def test_code_without_a_loop_publishes_from_any_thread(embedded_binary: ServerBinary) -> None:
    with asyncio.Runner() as runner:
        server = run_standalone(embedded_binary)
        node = runner.run(server.__aenter__()).node
        redis, outcomes = Redis(f"redis://127.0.0.1:{node.port}"), []
        with redis.blocking() as publisher:
            others = [
                threading.Thread(target=lambda: outcomes.append(publisher.publish("queue", "q", "x"))) for _ in range(5)
            ]
            for other in others:
                other.start()
            for other in others:
                other.join()
            outcomes += publisher.publish_many("queue", "q", ["a", "b"])
        runner.run(server.__aexit__(None, None, None))
    assert sorted(one.value for one in outcomes if isinstance(one, Acknowledged)) == [*range(1, 8)]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://me:secret@x", "give redis://"),
        ("localhost", "give redis://"),
        ("redis://h:1?x=secret", "give redis://"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_its_secret(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        Redis(url)
    assert "secret" not in str(refused.value)


def test_without_a_url_the_environment_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_PORT", "none")
    with pytest.raises(SettingsError, match="REDIS_PORT=none"):
        Redis()


async def test_a_pattern_that_does_not_exist_is_told_with_those_that_do() -> None:
    redis = Redis("redis://localhost")
    with pytest.raises(SettingsError, match="reliable-queue"):
        redis.on("relaible-queue", "orders")
    with pytest.raises(SettingsError, match="reliable-queue"):
        await redis.publish("relaible-queue", "orders", "x")
