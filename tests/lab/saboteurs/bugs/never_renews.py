"""Says that it renewed the lease, and does not."""

from __future__ import annotations

from messaging import Batch
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.passing import PassingConsumer
from tests.lab.saboteurs.saboteur import Saboteur, Scene


class NeverRenews(PassingConsumer):
    """Harms what takes longer than the lease: it is renewed every third of it, so the fourth time comes too late."""

    def __init__(self, scene: Scene) -> None:
        """Count how often the batch in hand should have been renewed."""
        super().__init__(scene)
        self._batch, self._times = Batch(), 0

    async def renew(self, batch: Batch) -> bool:
        self._times = self._times + 1 if batch is self._batch else 1
        self._batch = batch
        if self._times == 4:
            self.harm.done(ids(batch.deliveries))
        return True


SABOTEUR = Saboteur(
    name="never-renews",
    breaks="says that it renewed the lease, and does not",
    patterns=("reliable-queue", "stream"),
    spared="it has no lease",
    like="work-longer-than-lease",
    scenario="""
        load: [{rate_per_second: 20, for_seconds: 4}]
        subscriber: {HANDLER: "tests.lab.saboteurs.handlers:lingering", LEASE: 1, BLOCK: 0.5}
        rest_seconds: 60
    """,
    finding="duplicated",
    reason="processed again, though nothing had parted anybody from them",
    consumer=NeverRenews,
)
