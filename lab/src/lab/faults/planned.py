"""One fault of a scenario, as data."""

from __future__ import annotations

from typing import Annotated

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
    """

    fault: str
    at_seconds: Seconds = 4.0
    for_seconds: Seconds = 2.0
    times: Annotated[int, Meta(ge=1, le=1000)] = 1
    every_seconds: SomeSeconds = 2.0
    subscribers: Replicas = 1
    messages: Some = 3

    @property
    def ends(self) -> float:
        """When the last time of it is healed, in seconds after the start of the load."""
        return self.at_seconds + (self.times - 1) * self.every_seconds + self.for_seconds
