"""What only the server knows: backlog, what is pending, and how old the oldest of it is."""

from __future__ import annotations

import pytest

from messaging import PATTERNS, Backlog, Consumer, Options, RedisBroker
from messaging.seam.errors import ConnectionLost
from messaging.telemetry.backlog import Ages, Levels
from tests.support.eventually import eventually
from tests.support.promising import promising
from tests.support.standalone import Standalone
from tests.telemetry.stage import Stage, arrival


def consumer_of(server: Standalone, pattern: str, destination: str) -> Consumer:
    """Return a consumer that is not traced."""
    return RedisBroker(server.settings).consumer(pattern, Options(destination=destination, block=0.1, consumer="me"))


@promising(redelivers=True)
async def test_what_the_server_says(stage: Stage, server: Standalone, pattern: str, destination: str) -> None:
    await stage.publish(5)
    consumer = consumer_of(server, pattern, destination)
    await consumer.open()
    await arrival(consumer, 2)
    levels = Levels(consumer, lambda: True)
    await levels.refresh()
    assert levels.backlog == Backlog(3, 1 if pattern == "reliable-queue" else 2)
    assert levels.oldest is not None
    assert 0.0 <= levels.oldest < 30.0
    await consumer.aclose()


@promising(redelivers=True)
async def test_the_oldest_grows_older(stage: Stage, server: Standalone, pattern: str, destination: str) -> None:
    consumer = consumer_of(server, pattern, destination)
    assert isinstance(consumer, Ages)
    await consumer.open()
    assert await consumer.oldest() is None
    await stage.publish(2)
    first = await arrival(consumer, 1)
    age = await consumer.oldest()
    assert age is not None
    assert await consumer.renew(first)

    async def older() -> bool:
        now = await consumer.oldest()
        assert now is not None
        return now >= age + 0.2  # a renewal does not make it young again

    await eventually(older)
    await consumer.settle(first)
    assert await consumer.oldest() is None
    await consumer.aclose()


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_every_pattern_can_be_asked(server: Standalone, pattern: str, destination: str) -> None:
    consumer = consumer_of(server, pattern, destination)
    await consumer.open()
    levels = Levels(consumer, lambda: True)
    await levels.refresh()
    assert levels.backlog.waiting == (0 if PATTERNS[pattern].guarantee.persistent else None)
    assert levels.oldest is None
    await consumer.aclose()


class Asked:
    """A consumer that counts how often it is asked; a real one cannot be made to fail at will."""

    def __init__(self) -> None:
        """Answer at first."""
        self.times, self.lost = 0, False

    async def backlog(self) -> Backlog:
        """Answer, or not."""
        self.times += 1
        if self.lost:
            raise ConnectionLost("here", "gone", sent=False)
        return Backlog(7)


async def test_it_asks_no_more_often_than_once_a_second() -> None:
    asked, now = Asked(), [0.0]
    levels = Levels(asked, lambda: True, lambda: now[0])  # type: ignore[arg-type]
    for _ in range(3):
        await levels.refresh()
    assert (asked.times, levels.backlog.waiting) == (1, 7)
    now[0] += 1.0
    asked.lost = True
    await levels.refresh()
    assert (asked.times, levels.backlog) == (2, Backlog())  # no figure is better than an old one


async def test_it_does_not_ask_without_a_connection() -> None:
    asked = Asked()
    levels = Levels(asked, lambda: False)  # type: ignore[arg-type]
    await levels.refresh()
    assert (asked.times, levels.backlog) == (0, Backlog())
