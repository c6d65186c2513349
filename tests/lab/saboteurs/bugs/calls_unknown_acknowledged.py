"""Says of what nobody knows that it was acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

from messaging import Acknowledged, Message, Outcome, Unknown
from tests.lab.saboteurs.passing import PassingPublisher
from tests.lab.saboteurs.saboteur import Saboteur


class CallsUnknownAcknowledged(PassingPublisher):
    """Harms what was under way when packets began to vanish, and was not stored."""

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes = await self.inner.publish(messages)
        self.harm.done(one.id for one, said in zip(messages, outcomes, strict=True) if isinstance(said, Unknown))
        value = "0-1" if self.scene.kind.guarantee.acknowledged_by == "entry id" else 1
        return [Acknowledged(value) if isinstance(one, Unknown) else one for one in outcomes]


SABOTEUR = Saboteur(
    name="calls-unknown-acknowledged",
    breaks="says of a publish whose reply was lost that it was acknowledged",
    patterns=("queue", "reliable-queue", "stream"),
    spared="its subscribers are away as well, and what is sent meanwhile is due to nobody",
    like="network-half-open",
    scenario="""
        load: [{rate_per_second: 20, for_seconds: 7, publishers: 5}]
        faults: [{fault: network-cut, half_open: true, at_seconds: 2.5, for_seconds: 3}]
        publisher: {REDIS_TIMEOUT: 1, REDIS_CONNECT_TIMEOUT: 1}
        subscriber: {REDIS_TIMEOUT: 1, REDIS_CONNECT_TIMEOUT: 1, BLOCK: 0.5, LEASE: 2}
        rest_seconds: 60
    """,
    finding="lost",
    reason="lost",
    publisher=CallsUnknownAcknowledged,
    by_luck=True,
    quick=False,
)
