"""Publishing while the server's replies are lost."""

from __future__ import annotations

import pytest

from messaging import PATTERNS
from tests.faults.parties import FAN_OUT, PERSISTENT, bodies, loaded, opened, quick, take
from tests.faults.silence import Silence, silent
from tests.support.standalone import Standalone


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_a_publish_without_a_reply_is_unknown_and_stored_once(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with loaded(silence.settings, pattern, options) as load:
        await load.publish(1)
        async with silent(silence):
            await load.publish(3)
        await load.publish(1)
        assert load.acknowledged == {"1", "5"}
        assert load.unknown == {"2", "3", "4"}
        async with opened(server.settings, pattern, options) as consumer:
            taken = await take(consumer, 5)
            assert sorted(bodies(taken)) == ["1", "2", "3", "4", "5"]
            assert not len(await consumer.receive(1))


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_a_server_that_is_not_there_stores_nothing_and_the_outcome_says_so(
    server: Standalone, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with server.proxy() as proxy:
        settings = server.settings.model_copy(update={"port": proxy.port})
        async with loaded(settings, pattern, options) as load:
            await proxy.cut()
            await load.publish(3)
            assert load.failed == {"1", "2", "3"}
            await proxy.heal()
            await load.publish(1)
            assert load.acknowledged == {"4"}
            assert (await load.publisher.backlog()).waiting == 1


@pytest.mark.parametrize("pattern", FAN_OUT)
async def test_a_publish_without_a_reply_is_unknown_and_received_once(
    server: Standalone, silence: Silence, destination: str, pattern: str
) -> None:
    assert not PATTERNS[pattern].guarantee.persistent
    options = quick(destination)
    async with (
        opened(server.settings, pattern, options) as consumer,
        loaded(silence.settings, pattern, options) as load,
    ):
        async with silent(silence):
            await load.publish(3)
        assert load.unknown == {"1", "2", "3"}
        taken = await take(consumer, 3)
        assert bodies(taken) == ["1", "2", "3"]
        assert not len(await consumer.receive(1))
