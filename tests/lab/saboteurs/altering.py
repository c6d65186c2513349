"""A consumer that hands on another batch than it got, and settles the one that it got."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from messaging import ACK, Batch, Delivery, Settled, Settlement
from tests.lab.saboteurs.passing import PassingConsumer


class AlteringConsumer(PassingConsumer, ABC):
    """What a bug between the server and the handler looks like: the server is told that all is well."""

    whole = Batch()

    @abstractmethod
    def altered(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Return what the handler is to get, and note the harm."""

    async def receive(self, limit: int) -> Batch:
        self.whole = await self.inner.receive(limit)
        batch = replace(self.whole, deliveries=self.altered(self.whole.deliveries))
        if len(self.whole) and not len(batch):
            await self.inner.settle(self.whole)
            return await self.receive(limit)
        return batch

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        if settlements is None:
            return await self.inner.settle(self.whole)
        said = {one.message.id: its for one, its in zip(batch.deliveries, settlements, strict=True)}
        return await self.inner.settle(self.whole, [said.get(one.message.id, ACK) for one in self.whole.deliveries])
