"""What every contestant is given: the same messages, in the same batches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from messaging import Life, Message

BATCH = 100
BODY = "x" * 100
"""Makes messages of about 220 bytes of JSON."""


@dataclass(frozen=True, slots=True)
class Workload:
    """So many messages, to be sent and taken in batches of BATCH.

    Attributes:
        messages: how many, a multiple of BATCH.
    """

    messages: int

    def batches(self) -> list[list[Message]]:
        """Return the messages of one run, made before the clock starts."""
        life, now = Life(), datetime.now(UTC)
        return [
            [Message(life.id_of(start + place), now, BODY, "bench", start + place) for place in range(1, BATCH + 1)]
            for start in range(0, self.messages, BATCH)
        ]
