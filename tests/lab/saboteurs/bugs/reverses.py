"""Gives batches to the handler the wrong way round."""

from __future__ import annotations

from messaging import PATTERNS, Delivery
from tests.lab.saboteurs.altering import AlteringConsumer
from tests.lab.saboteurs.saboteur import Saboteur


class Reverses(AlteringConsumer):
    """Harms all of a batch but each sender's last, which now comes first."""

    def altered(self, deliveries: list[Delivery]) -> list[Delivery]:
        first: dict[str, int] = {}
        for one in reversed(deliveries):
            if one.message.count < first.setdefault(one.message.sender, one.message.count):
                self.harm.done([one.message.id])
        return deliveries[::-1]


SABOTEUR = Saboteur(
    name="reverses",
    breaks="gives each batch to the handler the wrong way round",
    patterns=tuple(PATTERNS),
    spared="",
    like="burst",
    scenario="""
        load: [{rate_per_second: 200, burst: 50, for_seconds: 3}]
        subscriber: {BLOCK: 0.5, LEDGER_RECEIVED: "true"}
    """,
    finding="reordered",
    reason="after a later one of the same sender",
    consumer=Reverses,
)
