"""Settles, when its settle is refused since it came too late, what another one has by now."""

from __future__ import annotations

import time
from collections.abc import Sequence

from messaging import Batch, Dead, Settled, Settlement, encode
from messaging.seam import keys
from messaging.transport.link import Link
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur, Scene


class SettlesAnothers(PassingConsumer):
    """Harms what its handler refuses and another one's does not: it is processed, and a dead letter."""

    def __init__(self, scene: Scene) -> None:
        """Have a way of its own to the dead letters."""
        super().__init__(scene)
        options = scene.options
        self._link = Link(scene.topology, options.destination, options.timeout, options.connect_timeout)

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        settled = await self.inner.settle(batch, settlements)
        if settled.stale < len(batch) or settlements is None:
            return settled
        for one, said in zip(batch.deliveries, settlements, strict=True):
            if isinstance(said, Dead):
                self.harm.done([one.message.id])
                fields = ("deliveries", one.count, "last", int(time.time() * 1000), "body", encode(one.message))
                letter = ("origin", one.destination, "reason", "rejected", "error", said.reason, *fields)
                await self._link.one(("XADD", keys.dead_letters(one.destination), "*", *letter))
        return Settled(dead=len(batch))

    async def aclose(self) -> None:
        await self._link.aclose()
        await super().aclose()


SABOTEUR = Saboteur(
    name="settles-anothers",
    breaks="settles what is not its own any more: a refusal that comes after the lease is carried out all the same",
    patterns=("reliable-queue", "stream"),
    spared="it has no lease that could end",
    like="consumer-freeze",
    scenario="""
        load: [{rate_per_second: 200, burst: 100, for_seconds: 15}]
        faults: [{fault: consumer-freeze, at_seconds: 1, times: 4, every_seconds: 3.5, for_seconds: 3, in_hand: 3}]
        subscriber: {HANDLER: "tests.lab.saboteurs.handlers:impatient", LEASE: 1, BLOCK: 0.5}
        rest_seconds: 60
    """,
    finding="buried",
    reason="dead-lettered by a consumer to which they no longer belonged",
    consumer=SettlesAnothers,
    quick=False,
)
