"""sharded-pubsub: pubsub within the shard of its slot, so that a Redis Cluster does not flood all its nodes."""

from __future__ import annotations

from functools import partial

from messaging.patterns import PatternKind
from messaging.patterns.channels import GUARANTEE, ChannelConsumer, ChannelPublisher
from messaging.seam import keys

PATTERN = PatternKind(
    name="sharded-pubsub",
    source="sharded-pub-sub",
    destination=keys.SHARDED_PUBSUB,
    guarantee=GUARANTEE,
    publisher=partial(ChannelPublisher, sharded=True),
    consumer=partial(ChannelConsumer, sharded=True),
)
