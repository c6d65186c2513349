"""Settles what it received before the handler has seen it."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import Batch, Settled, Settlement
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur


class SettlesFirst(PassingConsumer):
    """Harms what is in hand when it dies, unless it died between the record of what it did and its settle."""

    async def receive(self, limit: int) -> Batch:
        batch = await self.inner.receive(limit)
        if len(batch):
            self.harm.done(ids(batch.deliveries))
            await self.inner.settle(batch)
        return batch

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        del settlements
        self.harm.undone(ids(batch.deliveries))
        return Settled(acked=len(batch))


SABOTEUR = Saboteur(
    name="settles-first",
    breaks="settles what it received before the handler has seen it",
    patterns=("reliable-queue", "stream"),
    spared="it settles nothing",
    like="consumer-kill",
    scenario="""
        load: [{rate_per_second: 200, burst: 100, for_seconds: 6}]
        faults: [{fault: consumer-kill, at_seconds: 1.5, times: 2, every_seconds: 2, for_seconds: 0, in_hand: 3}]
        subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.004, LEASE: 2, BLOCK: 0.5}
        rest_seconds: 60
    """,
    finding="lost",
    reason="acknowledged ones lost",
    consumer=SettlesFirst,
    by_luck=True,
)
