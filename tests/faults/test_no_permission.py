"""A user that lacks the right to a command."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from messaging import PATTERNS, Dead, Failed, RedisSettings, Settled
from messaging.seam import keys
from messaging.seam.errors import NotPermitted
from tests.faults.parties import REDELIVERING, consuming, loaded, opened, quick
from tests.support.eventually import eventually
from tests.support.standalone import Standalone

USER, PASSWORD = "limited", "secret"
PUBLISH = {
    "pubsub": "publish",
    "sharded-pubsub": "spublish",
    "queue": "rpush",
    "reliable-queue": "rpush",
    "stream": "xadd",
}
RECEIVE = {
    "pubsub": "subscribe",
    "sharded-pubsub": "ssubscribe",
    "queue": "blmpop",
    "reliable-queue": "zadd",  # inside a script
    "stream": "xautoclaim",  # the same
}


async def _limit(standalone: Standalone, *rights: str) -> RedisSettings:
    await standalone.node.execute("ACL", "SETUSER", USER, "on", f">{PASSWORD}", "~*", "&*", "+@all", *rights)
    return standalone.settings.model_copy(update={"username": USER, "password": SecretStr(PASSWORD)})


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_publish_fails_and_names_the_right(standalone: Standalone, destination: str, pattern: str) -> None:
    settings = await _limit(standalone)
    async with loaded(settings, pattern, quick(destination)) as load:
        await _limit(standalone, f"-{PUBLISH[pattern]}")
        (outcome,) = await load.publish(1)
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, NotPermitted)
        assert f"'{PUBLISH[pattern]}'" in str(outcome.error)
        await _limit(standalone)
        await load.publish(1)
        assert load.acknowledged == {"2"}


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_loop_names_the_right_and_goes_on_when_it_is_given(
    standalone: Standalone, destination: str, pattern: str
) -> None:
    settings, options = await _limit(standalone, f"-{RECEIVE[pattern]}"), quick(destination, lease=0.5)
    async with (
        loaded(standalone.settings, pattern, options) as load,
        consuming(settings, pattern, options) as it,
    ):
        if not PATTERNS[pattern].guarantee.fan_out:
            await load.publish(1)
        error = await it.met(NotPermitted)
        assert RECEIVE[pattern] in str(error)
        assert not it.loop.ready
        await _limit(standalone)
        await it.is_ready()
        await load.publish(1)
        await it.has(load.acknowledged)
        async with standalone.client() as client:
            await eventually(lambda: _is_gone(client, keys.inflight(destination)), what="rest")


async def _is_gone(client: Redis, key: str) -> bool:
    return await client.exists(key) == 0


@pytest.mark.parametrize("pattern", REDELIVERING)
async def test_dead_letters_that_may_not_be_written_lose_nothing(
    standalone: Standalone, destination: str, pattern: str
) -> None:
    settings, options = await _limit(standalone, "-xadd"), quick(destination)
    async with (
        loaded(standalone.settings, pattern, options) as load,
        opened(settings, pattern, options) as consumer,
    ):
        await load.publish(1)
        batch = await consumer.receive(1)
        with pytest.raises(NotPermitted):
            await consumer.settle(batch, [Dead("no")])
        assert await consumer.backlog() == (0, 1)
        await _limit(standalone)
        assert await consumer.settle(batch, [Dead("no")]) == Settled(dead=1)
        assert await consumer.backlog() == (0, 0)
