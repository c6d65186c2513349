"""Gives some to the handler twice."""

from __future__ import annotations

from messaging import PATTERNS, Delivery
from tests.lab.saboteurs.altering import AlteringConsumer
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.saboteur import Saboteur, chosen


class Doubles(AlteringConsumer):
    """Harms one in N."""

    def altered(self, deliveries: list[Delivery]) -> list[Delivery]:
        self.harm.done(ids(one for one in deliveries if chosen(one.message.count)))
        return [one for one in deliveries for _ in range(2 if chosen(one.message.count) else 1)]


SABOTEUR = Saboteur(
    name="doubles",
    breaks="gives one in ten to the handler twice",
    patterns=tuple(PATTERNS),
    spared="",
    like="steady",
    scenario="""
        load: [{rate_per_second: 200, for_seconds: 3}]
        subscriber: {BLOCK: 0.5}
    """,
    finding="duplicated",
    reason="processed",
    consumer=Doubles,
)
