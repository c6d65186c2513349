"""Loses some between the server and the handler."""

from __future__ import annotations

from messaging import PATTERNS, Delivery
from tests.lab.saboteurs.altering import AlteringConsumer
from tests.lab.saboteurs.harm import ids
from tests.lab.saboteurs.saboteur import Saboteur, chosen


class Drops(AlteringConsumer):
    """Harms one in N."""

    def altered(self, deliveries: list[Delivery]) -> list[Delivery]:
        self.harm.done(ids(one for one in deliveries if chosen(one.message.count)))
        return [one for one in deliveries if not chosen(one.message.count)]


SABOTEUR = Saboteur(
    name="drops",
    breaks="settles one in ten, and never gives it to the handler",
    patterns=tuple(PATTERNS),
    spared="",
    like="steady",
    scenario="""
        load: [{rate_per_second: 200, for_seconds: 3}]
        subscriber: {BLOCK: 0.5}
    """,
    finding="lost",
    reason="lost",
    consumer=Drops,
)
