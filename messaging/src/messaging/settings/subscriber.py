"""What the subscriber needs to know."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from messaging.seam.options import Options, consumer_name
from messaging.settings.common import CommonSettings, Name
from messaging.transport.values import Bytes, Fault, Messages, Seconds, SomeSeconds, Unit

LOG_HANDLER = "subscriber.handlers:log"
"""Writes each message to the log, as the first version of this system did."""


class SubscriberSettings(CommonSettings):
    """Everything that the subscriber can be told."""

    handler: Name = Field(LOG_HANDLER, description="module:attribute of the handler")
    handler_timeout: SomeSeconds = Field(20.0, description="How long it may take for a batch before that is given back")
    handler_delay: Seconds = Field(0.1, description="What subscriber.handlers:slow waits for each message")
    batch: Annotated[Messages, Field(ge=1, le=10_000)] = Field(100, description="Most messages taken in one round trip")
    batch_bytes: Annotated[Bytes, Field(ge=1)] = Field(
        4 * 1024 * 1024, description="Most bytes taken in one round trip (one message may be larger)"
    )
    block: Annotated[SomeSeconds, Field(le=60)] = Field(2.0, description="How long an empty receive waits")
    lease: SomeSeconds = Field(30.0, description="How long unsettled messages stay ours without a renewal")
    concurrency: Annotated[int, Field(ge=1, le=1000), Unit("messages")] = Field(
        1, description="Messages of one batch handled side by side"
    )
    max_deliveries: Annotated[int, Field(ge=1, le=1000), Unit("deliveries")] = Field(
        5, description="Deliveries after which a message is a dead letter"
    )
    retry_delay: Seconds = Field(1.0, description="Wait before the second delivery; doubled each time")
    retry_delay_max: Seconds = Field(60.0, description="The longest such wait")
    consumer: Name = Field(
        default_factory=consumer_name,
        description="Name in the group (default: the pod's; elsewhere host, process, random part)",
    )

    def options(self, pattern: str) -> Options:
        """Return what the library needs to know to consume by one of the patterns."""
        return replace(
            super().options(pattern),
            consumer=self.consumer,
            block=self.block,
            lease=self.lease,
            batch_bytes=self.batch_bytes,
            max_deliveries=self.max_deliveries,
            retry_delay=self.retry_delay,
            retry_delay_max=self.retry_delay_max,
        )

    @model_validator(mode="after")
    def _in_proportion(self) -> Self:
        for shorter, longer, why in _PROPORTIONS:
            if getattr(self, shorter) > getattr(self, longer):
                raise Fault(shorter, f"{longer.upper()} is {getattr(self, longer):g}: {why}")
        return self


_PROPORTIONS = (
    ("block", "lease", "what is due must be looked for more often than it falls due"),
    ("block", "shutdown_grace", "the wait for messages must end within the shutdown"),
    ("handler_timeout", "shutdown_grace", "the handler must end within the shutdown"),
    ("retry_delay", "retry_delay_max", "the first wait cannot exceed the longest"),
)
"""What must not exceed what, and why."""
