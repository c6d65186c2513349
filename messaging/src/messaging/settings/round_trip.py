"""What the round trip needs to know."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from messaging.settings.common import CommonSettings
from messaging.transport.values import Group, Messages, SomeSeconds


class TripSettings(Group):
    """How much is sent there and back."""

    count: Annotated[Messages, Field(ge=1, le=1_000_000)] = Field(20, description="Messages through each pattern")
    timeout: SomeSeconds = Field(60.0, description="How long each pattern may take")


class RoundTripSettings(CommonSettings):
    """Everything that the round trip can be told."""

    round_trip: TripSettings = TripSettings()
