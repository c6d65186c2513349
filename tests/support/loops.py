"""Running the library's loop in a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from messaging import ConsumerLoop, Delivery, Handler, LoopOptions, Watcher
from tests.support.eventually import eventually
from tests.support.messages import counts
from tests.support.scene import PATIENCE, Scene


class Notes:
    """A handler that only notes what it was given, and acknowledges it.

    Attributes:
        batches: the batches, as the senders' numbers of their messages.
        deliveries: all of them, one after the other.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.batches: list[list[int]] = []
        self.deliveries: list[Delivery] = []

    async def __call__(self, deliveries: Sequence[Delivery]) -> None:
        """Note a batch."""
        self.batches.append(counts(deliveries))
        self.deliveries += deliveries

    @property
    def counts(self) -> list[int]:
        """The senders' numbers of everything noted."""
        return counts(self.deliveries)


class Gate:
    """A handler that waits at a gate with what it was given.

    Attributes:
        reached: set when it was called.
        open: set it to let the handler return.
        cut: whether a call was cancelled at the gate.
    """

    def __init__(self) -> None:
        """Begin closed."""
        self.reached, self.open, self.cut = asyncio.Event(), asyncio.Event(), False

    async def __call__(self, deliveries: Sequence[Delivery]) -> None:
        """Wait until the gate is open."""
        del deliveries
        self.reached.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cut = True
            raise


@asynccontextmanager
async def looping(
    scene: Scene,
    handler: Handler,
    options: LoopOptions | None = None,
    watcher: Watcher | None = None,
    **consumer: Any,  # noqa: ANN401 - the fields of Options
) -> AsyncIterator[ConsumerLoop]:
    """Run a loop with a consumer of the scene's; it is ready on entering, and stopped in the end."""
    loop = ConsumerLoop(
        scene.place.broker.consumer(scene.kind.name, scene.options(**consumer)),
        handler,
        scene.guarantee,
        options,
        watcher,
    )
    running = asyncio.create_task(loop.run())
    try:
        await eventually(lambda: loop.ready, what="the loop's readiness")
        yield loop
    finally:
        loop.stop()
        async with asyncio.timeout(PATIENCE):
            await running
