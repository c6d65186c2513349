"""Loses what is to be delivered again."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import ACK, Batch, Retry, Settled, Settlement
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur


class RetriesNothing(PassingConsumer):
    """Harms what the handler asks for again."""

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        if settlements is None:
            return await self.inner.settle(batch)
        asked = [isinstance(one, Retry) for one in settlements]
        self.harm.done(one.message.id for one, yes in zip(batch.deliveries, asked, strict=True) if yes)
        return await self.inner.settle(
            batch, [ACK if yes else one for one, yes in zip(settlements, asked, strict=True)]
        )


SABOTEUR = Saboteur(
    name="retries-nothing",
    breaks="settles what the handler asks for again, and it never comes again",
    patterns=("reliable-queue", "stream"),
    spared="it delivers nothing again",
    like="steady",
    scenario="""
        load: [{rate_per_second: 200, for_seconds: 3}]
        subscriber: {HANDLER: "tests.lab.saboteurs.handlers:retrying", BLOCK: 0.5, RETRY_DELAY: 0.2}
    """,
    finding="lost",
    reason="acknowledged ones lost",
    consumer=RetriesNothing,
)
