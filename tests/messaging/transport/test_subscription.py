"""A subscription: confirmed before it counts, and dead connections are noticed, silent ones too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from messaging import PATTERNS, Options
from messaging.seam.errors import ConnectionLost
from messaging.transport.connection import topology
from messaging.transport.settings import RedisSettings
from messaging.transport.subscription import Subscription
from tests.support.eventually import eventually
from tests.support.links import through
from tests.support.messages import counts
from tests.support.places import ServerPlace
from tests.support.scene import Scene, collect
from tests.support.standalone import Standalone

FAN_OUT = [name for name, kind in PATTERNS.items() if kind.guarantee.fan_out]


@pytest_asyncio.fixture(params=FAN_OUT)
async def scene(request: pytest.FixtureRequest, standalone: Standalone, destination: str) -> AsyncIterator[Scene]:
    prepared = Scene(PATTERNS[request.param], ServerPlace(standalone.settings), destination)
    yield prepared
    await prepared.aclose()


def subscription(settings: RedisSettings, destination: str, timeout: float = 5.0) -> Subscription:
    options = Options(destination=destination, timeout=timeout, connect_timeout=timeout)
    return Subscription(topology(settings), options, sharded=False)


async def test_a_subscriber_that_the_server_threw_out_subscribes_again_and_counts_it(
    scene: Scene, standalone: Standalone
) -> None:
    consumer = await scene.consumer()
    await scene.publish(1)
    await collect(consumer, 1)
    await standalone.node.execute("CLIENT", "KILL", "TYPE", "pubsub")
    with pytest.raises(ConnectionLost):
        await consumer.receive(10)
    assert len(await consumer.receive(10)) == 0
    await scene.publish(1)
    assert counts(await collect(consumer, 1)) == [2]
    assert consumer.signals.reconnects == 1


async def test_what_was_missed_meanwhile_is_counted_as_a_gap(scene: Scene, standalone: Standalone) -> None:
    consumer = await scene.consumer()
    await scene.publish(2)
    await collect(consumer, 2)
    await standalone.node.execute("CLIENT", "KILL", "TYPE", "pubsub")
    await eventually(lambda: _nobody_listens(scene))
    await scene.publish(3)
    with pytest.raises(ConnectionLost):
        await consumer.receive(10)
    await consumer.receive(10)
    await scene.publish(1)
    assert counts(await collect(consumer, 1)) == [6]
    assert consumer.signals.gap_messages == 3


async def _nobody_listens(scene: Scene) -> bool:
    assert isinstance(scene.place, ServerPlace)
    ask = "SHARDNUMSUB" if scene.kind.name == "sharded-pubsub" else "NUMSUB"
    _, number = await scene.place.ask(scene.destination, "PUBSUB", ask, scene.destination)
    return bool(number == 0)


async def test_what_had_come_before_a_loss_is_still_given(standalone: Standalone, destination: str) -> None:
    async with standalone.proxy() as proxy:
        listening = subscription(through(standalone.settings, proxy), destination)
        await listening.open()
        for body in ("a", "b"):
            assert await standalone.node.execute("PUBLISH", destination, body) == 1
        assert await listening.read(1, 5.0) == [b"a"]
        await proxy.cut()
        assert await listening.read(10, 5.0) in ([b"b"], [])
        with pytest.raises(ConnectionLost):
            await listening.read(10, 0.1)
        await listening.aclose()


async def test_a_connection_that_fell_silent_is_noticed_although_nothing_breaks(
    standalone: Standalone, destination: str
) -> None:
    async with standalone.proxy() as proxy:
        listening = subscription(through(standalone.settings, proxy), destination, timeout=0.2)
        await listening.open()
        proxy.stall()
        with pytest.raises(ConnectionLost, match="sign of life"):
            await _read_on(listening)
        await listening.aclose()


async def _read_on(listening: Subscription) -> None:
    while True:
        assert await listening.read(10, 0.05) == []


async def test_a_quiet_connection_stays(standalone: Standalone, destination: str) -> None:
    listening = subscription(standalone.settings, destination, timeout=0.1)
    await listening.open()
    for _ in range(10):
        assert await listening.read(10, 0.05) == []
    await standalone.node.execute("PUBLISH", destination, "a")
    assert await listening.read(10, 5.0) == [b"a"]
    assert listening.connections == 1
    await listening.aclose()


async def test_a_server_that_does_not_confirm_is_given_up_in_time(standalone: Standalone, destination: str) -> None:
    async with standalone.proxy() as proxy:
        proxy.stall()
        listening = subscription(through(standalone.settings, proxy), destination, timeout=0.1)
        with pytest.raises(ConnectionLost, match="timed out"):
            await listening.open()
        assert listening.connections == 0
        await listening.aclose()
