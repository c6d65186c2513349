"""Writes no dead letters."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import ACK, Batch, Dead, Settled, Settlement
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur


class BuriesNothing(PassingConsumer):
    """Harms what the handler refuses."""

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        if settlements is None:
            return await self.inner.settle(batch)
        refused = [isinstance(one, Dead) for one in settlements]
        self.harm.done(one.message.id for one, no in zip(batch.deliveries, refused, strict=True) if no)
        return await self.inner.settle(
            batch, [ACK if no else one for one, no in zip(settlements, refused, strict=True)]
        )


SABOTEUR = Saboteur(
    name="buries-nothing",
    breaks="settles what the handler refuses, and writes no dead letter",
    patterns=("queue", "reliable-queue", "stream"),
    spared="it has no dead letters",
    like="steady",
    scenario="""
        load: [{rate_per_second: 200, for_seconds: 3}]
        subscriber: {HANDLER: "tests.lab.saboteurs.handlers:rejecting", BLOCK: 0.5}
    """,
    finding="lost",
    reason="lost",
    consumer=BuriesNothing,
)
