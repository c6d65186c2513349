"""From bytes to a batch, and from settlements to what the server must be told."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from messaging.seam.delivery import Batch, Delivery, Malformed
from messaging.seam.errors import MalformedMessage
from messaging.seam.message import decode
from messaging.seam.settlements import Ack, Dead, Retry, Settlement

MALFORMED = "malformed"
"""Dead letter's reason: the bytes are not a message."""
REJECTED = "rejected"
"""Dead letter's reason: the handler settled it as Dead."""
DELIVERIES = "deliveries"
"""Dead letter's reason: delivered MAX_DELIVERIES times and never acknowledged."""
FAILED = "failed"
"""Dead letter's reason: to be delivered again, where the pattern cannot."""
RETRY = "retry"
"""Not a dead letter yet: to be delivered again."""


Receipt = Any
"""What a pattern keeps with a message to settle it by; its own business."""


class Decoder:
    """Makes batches of one destination's messages."""

    __slots__ = ("_destination", "_limit")

    def __init__(self, destination: str, limit: int) -> None:
        """Decode what comes from `destination`, up to `limit` bytes a message."""
        self._destination, self._limit = destination, limit

    def batch(self, bodies: Iterable[tuple[bytes, Receipt]], count: int = 1, receipt: object = None) -> Batch:
        """Decode (body, receipt) pairs, all at their delivery number `count`."""
        batch = Batch(received_at=time.time(), receipt=receipt)
        deliver, destination, limit = batch.deliveries.append, self._destination, self._limit
        for body, one in bodies:
            try:
                deliver(Delivery(decode(body, limit), destination, count, one))
            except MalformedMessage as error:
                batch.malformed.append(Malformed(body, error, destination, count, one))
        return batch


class Unacknowledged:
    """One message of a batch that is not simply done.

    Attributes:
        receipt: its receipt.
        count: its delivery number.
        kind: RETRY, or the dead letter's reason.
        error: the words that go with it.
    """

    __slots__ = ("count", "error", "kind", "receipt")

    def __init__(self, receipt: Receipt, count: int, kind: str, error: str) -> None:
        """Say what becomes of it."""
        self.receipt, self.count, self.kind, self.error = receipt, count, kind, error


def unacknowledged(batch: Batch, settlements: Sequence[Settlement] | None) -> list[Unacknowledged]:
    """Return what must not just be acknowledged: the malformed, and what the handler said no to.

    Raises:
        ValueError: there is not one settlement for each delivery.
    """
    named = [Unacknowledged(bad.receipt, bad.count, MALFORMED, str(bad.error)) for bad in batch.malformed]
    if settlements is not None:
        named += _named(batch.deliveries, settlements)
    return named


def _named(deliveries: Sequence[Delivery], settlements: Sequence[Settlement]) -> Iterator[Unacknowledged]:
    for delivery, settlement in zip(deliveries, settlements, strict=True):
        match settlement:
            case Ack():
                continue
            case Retry(reason):
                yield Unacknowledged(delivery.receipt, delivery.count, RETRY, reason)
            case Dead(reason):
                yield Unacknowledged(delivery.receipt, delivery.count, REJECTED, reason)
