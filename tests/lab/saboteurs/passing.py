"""What saboteurs are made of: ends of the seam that pass everything on as it is."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import Backlog, Batch, Message, Outcome, Settled, Settlement
from tests.lab.saboteurs.saboteur import Scene


class PassingPublisher:
    """A `Publisher` that changes nothing."""

    def __init__(self, scene: Scene) -> None:
        """Stand before the real one."""
        self.inner, self.scene, self.harm = scene.publisher(), scene, scene.harm

    async def open(self) -> None:
        await self.inner.open()

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        return await self.inner.publish(messages)

    async def backlog(self) -> Backlog:
        return await self.inner.backlog()

    async def aclose(self) -> None:
        await self.inner.aclose()


class PassingConsumer:
    """A `Consumer` that changes nothing, but takes two round trips where the real one takes one."""

    def __init__(self, scene: Scene) -> None:
        """Stand before the real one."""
        self.inner, self.scene, self.harm = scene.consumer(), scene, scene.harm
        self.signals = self.inner.signals

    async def open(self) -> None:
        await self.inner.open()

    async def receive(self, limit: int) -> Batch:
        return await self.inner.receive(limit)

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        return await self.inner.settle(batch, settlements)

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        return await self.settle(batch, settlements), await self.receive(limit)

    async def renew(self, batch: Batch) -> bool:
        return await self.inner.renew(batch)

    async def leave(self) -> None:
        await self.inner.leave()

    async def hand_back(self, batch: Batch) -> None:
        await self.inner.hand_back(batch)

    async def backlog(self) -> Backlog:
        return await self.inner.backlog()

    async def aclose(self) -> None:
        await self.inner.aclose()
