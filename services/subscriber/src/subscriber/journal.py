"""What the log says of the messages of one source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from messaging.seam.delivery import Delivery, Malformed
from messaging.seam.settlements import Ack, Settlement
from messaging.service.logs import Log, Summary


class Journal:
    """Tells of each message in a line or, above LOG_RATE, in a summary."""

    def __init__(self, source: str, log: Log, rate: int, numbers: Iterator[int]) -> None:
        """Tell the log of one source.

        Args:
            source: its word, e.g. pub-sub.
            log: where the lines go.
            rate: lines a second, at most.
            numbers: counts the messages of all sources, from 1.
        """
        self._source, self._log, self._numbers = source, log, numbers
        self._last = 0
        self._received = Summary(rate, self._sum_up_received)
        self._troubled = Summary(rate, self._sum_up_troubled)

    def received(self, deliveries: Sequence[Delivery]) -> None:
        """Tell of messages that were handled."""
        told = self._received.admit(len(deliveries))
        for place, delivery in enumerate(deliveries):
            self._last = next(self._numbers)
            if place < told:
                self._tell(delivery, self._last)

    def malformed(self, malformed: Malformed) -> None:
        """Tell of bytes that are no message."""
        if self._troubled.admit(1):
            self._log.warning(
                f"Not a message, from {self._source} ({len(malformed.body)} bytes): {malformed.error}",
                source=self._source,
                bytes=len(malformed.body),
                reason=str(malformed.error),
            )

    def answered(self, deliveries: Sequence[Delivery], settlements: Sequence[Settlement]) -> None:
        """Tell of messages that a handler raised at or refused."""
        for delivery, settlement in zip(deliveries, settlements, strict=True):
            if isinstance(settlement, Ack) or not self._troubled.admit(1):
                continue
            verdict = type(settlement).__name__
            self._log.warning(
                f"{verdict} {delivery.message.id} from {self._source} (delivery {delivery.count}): {settlement.reason}",
                source=self._source,
                id=delivery.message.id,
                delivery=delivery.count,
                reason=settlement.reason,
            )

    def tick(self) -> None:
        """Write the summaries that are due."""
        self._received.tick()
        self._troubled.tick()

    def flush(self) -> None:
        """Write what the log still owes."""
        self._received.flush()
        self._troubled.flush()

    def _tell(self, delivery: Delivery, number: int) -> None:
        message = delivery.message
        again = f", delivery {delivery.count}" if delivery.count > 1 else ""
        self._log.info(
            f"[{message.sender}] {message.message} (ID: {message.id}) [Received #{number} from {self._source}{again}]",
            source=self._source,
            destination=delivery.destination,
            id=message.id,
            sender=message.sender,
            count=message.count,
            delivery=delivery.count,
            number=number,
        )

    def _sum_up_received(self, count: int) -> None:
        self._log.info(
            f"Received {count} more messages from {self._source} [#{self._last} in all]",
            source=self._source,
            messages=count,
            number=self._last,
        )

    def _sum_up_troubled(self, count: int) -> None:
        self._log.warning(
            f"{count} more messages from {self._source} failed or were malformed",
            source=self._source,
            messages=count,
        )
