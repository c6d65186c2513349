"""Ends in good order, but does not settle what it handled last."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import Batch, Settled, Settlement
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur


class DrainsUnsettled(PassingConsumer):
    """Harms what is in hand when it is told to end: only then the loop settles without receiving the next."""

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        del settlements
        self.harm.done(ids(batch.deliveries))
        return Settled(acked=len(batch))

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        return await self.inner.exchange(batch, settlements, limit)


SABOTEUR = Saboteur(
    name="drains-unsettled",
    breaks="ends in good order, but does not settle what it handled last",
    patterns=("reliable-queue", "stream"),
    spared="it settles nothing",
    like="scale-down",
    scenario="""
        load: [{rate_per_second: 800, for_seconds: 2.5}]
        scaling: [{at_seconds: 1.2, subscribers: 1}]
        subscriber: {HANDLER: "subscriber.handlers:slow", HANDLER_DELAY: 0.005, LEASE: 1, BLOCK: 0.5}
        rest_seconds: 60
    """,
    finding="duplicated",
    reason="processed again, though nothing had parted anybody from them",
    consumer=DrainsUnsettled,
)
