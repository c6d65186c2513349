"""Says that some were acknowledged, and never sends them."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import PATTERNS, Acknowledged, Message, Outcome
from tests.lab.saboteurs.passing import PassingPublisher
from tests.lab.saboteurs.saboteur import Saboteur, chosen


class NeverSends(PassingPublisher):
    """Harms one in N, for everybody."""

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        self.harm.done(one.id for one in messages if chosen(one.count))
        sent = [one for one in messages if not chosen(one.count)]
        outcomes = iter(await self.inner.publish(sent) if sent else ())
        said = "0-1" if self.scene.kind.guarantee.acknowledged_by == "entry id" else 1
        return [Acknowledged(said) if chosen(one.count) else next(outcomes) for one in messages]


SABOTEUR = Saboteur(
    name="never-sends",
    breaks="says of one in ten that it was acknowledged, and never sends it",
    patterns=tuple(PATTERNS),
    spared="",
    like="steady",
    scenario="""
        load: [{rate_per_second: 200, for_seconds: 3}]
        subscriber: {BLOCK: 0.5}
    """,
    finding="lost",
    reason="lost",
    publisher=NeverSends,
)
