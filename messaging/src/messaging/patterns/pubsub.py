"""pubsub: a channel; every subscriber that is there gets every message, nobody else ever does."""

from __future__ import annotations

from functools import partial

from messaging.patterns import PatternKind
from messaging.patterns.channels import GUARANTEE, ChannelConsumer, ChannelPublisher
from messaging.seam import keys

PATTERN = PatternKind(
    name="pubsub",
    source="pub-sub",
    destination=keys.PUBSUB,
    guarantee=GUARANTEE,
    publisher=partial(ChannelPublisher, sharded=False),
    consumer=partial(ChannelConsumer, sharded=False),
)
