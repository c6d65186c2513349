"""Connects again after a loss, and does not subscribe again."""

from __future__ import annotations

from messaging import Batch, MessagingError
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur, Scene


class ForgetsToSubscribe(PassingConsumer):
    """Harms all that is sent after the loss. It is subscribed only in order to know what that is."""

    def __init__(self, scene: Scene) -> None:
        """Hear, as long as the first connection lasts."""
        super().__init__(scene)
        self._deaf = False

    async def receive(self, limit: int) -> Batch:
        try:
            batch = await self.inner.receive(limit)
        except MessagingError:
            self._deaf = True
            raise
        if self._deaf or self.signals.reconnects:
            self.harm.done(ids(batch.deliveries))
            return Batch()
        return batch


SABOTEUR = Saboteur(
    name="forgets-to-subscribe",
    breaks="connects again after a loss, and does not subscribe again",
    patterns=("pubsub", "sharded-pubsub"),
    spared="it subscribes to nothing",
    like="network-cut",
    scenario="""
        load: [{rate_per_second: 300, for_seconds: 6}]
        faults: [{fault: network-cut, at_seconds: 1.5, for_seconds: 1}]
        publisher: {REDIS_TIMEOUT: 1}
        subscriber: {REDIS_TIMEOUT: 1, BLOCK: 0.5}
    """,
    finding="lost",
    reason="lost without a cause",
    consumer=ForgetsToSubscribe,
)
