"""Says that it is subscribed while it is still on its way."""

from __future__ import annotations

from messaging import Batch
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur, Scene

LATE = 50
"""How many messages pass after it says that it is there, and before it is."""


class JoinsLate(PassingConsumer):
    """Harms what is sent meanwhile. It is subscribed only in order to know what that is, and lets nobody see it."""

    def __init__(self, scene: Scene) -> None:
        """The subscriber that is there from the start is in time: a run begins when each pattern brought a message."""
        super().__init__(scene)
        self._late = 0 if scene.options.consumer.endswith("-1") else LATE

    async def receive(self, limit: int) -> Batch:
        batch = await self.inner.receive(limit)
        if self._late > 0:
            self._late -= len(batch)
            self.harm.done(ids(batch.deliveries))
            return Batch()
        return batch


SABOTEUR = Saboteur(
    name="joins-late",
    breaks="says that it is subscribed, while it is still on its way",
    patterns=("pubsub", "sharded-pubsub"),
    spared="its messages wait for whoever comes",
    like="scale-up",
    scenario="""
        load: [{rate_per_second: 200, for_seconds: 12}]
        subscribers: 1
        scaling: [{at_seconds: 1, subscribers: 3}]
        subscriber: {BLOCK: 0.5}
    """,
    finding="lost",
    reason="lost without a cause",
    consumer=JoinsLate,
)
