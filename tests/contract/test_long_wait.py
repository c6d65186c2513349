"""An empty poll that lasts longer than redis-py's default socket timeout, which is 5 s."""

from __future__ import annotations

import asyncio

from messaging import PATTERNS
from tests.support.places import ServerPlace
from tests.support.scene import Scene, collect
from tests.support.standalone import Standalone

BLOCK = 6.0


async def test_an_empty_poll_of_six_seconds_is_no_error_in_any_pattern(
    standalone: Standalone, destination: str
) -> None:
    place = ServerPlace(standalone.settings)
    scenes = [Scene(kind, place, f"{destination}_{kind.name}") for kind in PATTERNS.values()]
    try:
        await asyncio.gather(*(_wait_long(scene) for scene in scenes))
    finally:
        for scene in scenes:
            await scene.aclose()


async def _wait_long(scene: Scene) -> None:
    consumer = await scene.consumer(block=BLOCK)
    clock = asyncio.get_running_loop().time
    start, polls = clock(), 0
    while clock() - start < BLOCK - 0.1:
        assert len(await consumer.receive(10)) == 0
        polls += 1
    assert consumer.signals.reconnects == 0
    await scene.publish(1)
    assert len(await collect(consumer, 1)) == 1
