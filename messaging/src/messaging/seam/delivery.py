"""What a receive brings: messages, and what is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from messaging.seam.errors import MalformedMessage
from messaging.seam.message import Message


class Delivery(msgspec.Struct, gc=False):
    """One message handed to a handler.

    Attributes:
        message: the message.
        destination: the channel, list or stream it came from.
        count: which delivery of it this is, from 1; above 1 somebody received it before and did
            not settle it. Always 1 where the pattern does not redeliver.
        receipt: what the pattern needs to settle it; opaque.
    """

    message: Message
    destination: str
    count: int = 1
    receipt: Any = None


class Malformed(msgspec.Struct, gc=False):
    """Bytes that are not a message; its pattern dead-letters them when the batch is settled.

    Attributes:
        body: the bytes as they came.
        error: what is wrong with them.
        destination, count, receipt: as in `Delivery`.
    """

    body: bytes
    error: MalformedMessage
    destination: str
    count: int = 1
    receipt: Any = None


@dataclass(slots=True)
class Batch:
    """What one receive brought, settled as one.

    Attributes:
        deliveries: the messages, in the order they were taken.
        malformed: what came among them and is no message.
        received_at: UNIX time in seconds when it arrived (one clock read a batch).
        receipt: what the pattern needs to settle the whole; opaque. An empty batch has none, and settling it does
            nothing.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    received_at: float = 0.0
    receipt: Any = ""

    @property
    def everything(self) -> list[Delivery | Malformed]:
        """All that came, messages first."""
        return [*self.deliveries, *self.malformed]

    def __len__(self) -> int:
        """Count all that came, messages or not."""
        return len(self.deliveries) + len(self.malformed)
