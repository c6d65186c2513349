"""One fault of a scenario, as data."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from lab.common.quantities import Replicas, Seconds, Some, SomeSeconds


class PlannedFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that breaks.

    Attributes:
        fault: its name, a file of lab/faults.
        at_seconds: when, after the start of the load.
        for_seconds: how long until it is healed, where it lasts.
        times: how often.
        every_seconds: from one time to the next.
        subscribers: to how many scale-down goes; how many slow-handler slows.
        messages: how many poisonous ones poison sends.
        reply: whose replies reply-cut throws away: of anything for a time, or of one claim, settle or publish.
        half_open: whether network-cut lets packets vanish, so that nobody is told, in place of closing connections.
        delay_seconds, jitter_seconds: how long slow-network makes each byte travel, each way.
        behind_seconds: how long failover stops the replication, while the primary acknowledges, before it kills it.
        full_hands: whether rollout and scale-down wait until every subscriber has messages in hand.
        in_hand: how many messages of a pattern a subscriber must have in hand when it is killed or frozen.
    """

    fault: str
    at_seconds: Seconds = 4.0
    for_seconds: Seconds = 2.0
    times: Annotated[int, Meta(ge=1, le=1000)] = 1
    every_seconds: SomeSeconds = 2.0
    subscribers: Replicas = 1
    messages: Some = 3
    reply: Literal["any", "claim", "settle", "publish"] = "any"
    half_open: bool = False
    delay_seconds: Seconds = 0.01
    jitter_seconds: Seconds = 0.01
    behind_seconds: Annotated[float, Meta(ge=0, le=4)] = 2.0  # Sentinel promotes nobody who was away for long
    full_hands: bool = False
    in_hand: Some = 5

    @property
    def ends(self) -> float:
        """When the last time of it is healed, in seconds after the start of the load."""
        return self.at_seconds + (self.times - 1) * self.every_seconds + self.for_seconds
