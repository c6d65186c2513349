"""What the publisher needs to know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from messaging.seam.ids import ID_LENGTH, LAST_COUNT
from messaging.seam.message import TRACEPARENT_LENGTH, Message, encode
from messaging.seam.options import Options
from messaging.settings.common import CommonSettings, Name
from messaging.transport.values import (
    Bytes,
    Fault,
    Group,
    Messages,
    Seconds,
    SomeSeconds,
    ToRead,
    Unit,
)

STDIN = "-"
"""PUBLISH_INPUT's name for standard input."""


class PublishSettings(Group):
    """What is sent, and how fast."""

    interval: Seconds = Field(2.0, description="Pause between batches (0 with PUBLISH_INPUT, unless it is set)")
    batch: Annotated[Messages, Field(ge=1, le=10_000)] = Field(
        1, description="Messages sent in one round trip (100 with PUBLISH_INPUT, unless it is set)"
    )
    rate: Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False), Unit("messages/s")] = Field(
        0.0,
        description="Open loop in place of the interval: a message's timestamp is when it "
        "should be sent, so that a stall shows as latency; 0: off",
    )
    count: Messages = Field(0, description="Stop after so many; 0: never")
    bytes: Bytes = Field(0, description="Pad each body to this size; 0: no padding")
    wait: Annotated[int, Field(ge=0, le=100), Unit("replicas")] = Field(
        0, description="Replicas that must have a batch before it is acknowledged (WAIT)"
    )
    wait_fsync: bool = Field(False, description="Whether the primary's append-only file must have it too (WAITAOF)")
    wait_timeout: SomeSeconds = Field(1.0, description="How long to wait for these")
    resend_unknown: bool = Field(
        False, description="Whether to send again, at the risk of a duplicate, when a reply was lost"
    )
    input: Annotated[str, ToRead()] = Field(
        "", description="File with one body a line, - for stdin; empty: generated text"
    )

    @model_validator(mode="before")
    @classmethod
    def _hurry_with_input(cls, given: Any) -> Any:  # noqa: ANN401  # pydantic passes whatever came
        if isinstance(given, dict) and given.get("input"):
            return {"interval": 0.0, "batch": 100} | given
        return given


class PublisherSettings(CommonSettings):
    """Everything that the publisher can be told."""

    sender: Name = Field("python-publisher", description="Name that its messages carry")
    publish: PublishSettings = PublishSettings()
    max_length: Messages = Field(
        1_000_000,
        description="Length of a list or stream from which sending fails, what it keeps as history apart; 0: any",
    )

    def options(self, pattern: str) -> Options:
        """Return what the library needs to know to publish by one of the patterns."""
        return replace(
            super().options(pattern),
            max_length=self.max_length,
            wait_replicas=self.publish.wait,
            wait_fsync=self.publish.wait_fsync,
            wait_timeout=self.publish.wait_timeout,
        )

    @property
    def body_bytes(self) -> int:
        """How large a body may be as JSON, without its quotes: what MESSAGE_BYTES leaves beside the other fields."""
        latest = datetime.max.replace(tzinfo=UTC)
        fullest = Message("x" * ID_LENGTH, latest, "", self.sender, LAST_COUNT, traceparent="x" * TRACEPARENT_LENGTH)
        return self.message_bytes - len(encode(fullest))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.publish.bytes > self.body_bytes:
            raise Fault("publish_bytes", f"MESSAGE_BYTES is {self.message_bytes}: raise it, or pad less")
        return self
