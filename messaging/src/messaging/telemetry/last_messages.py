"""The last messages of a pattern, a few of them, for whoever wants to see some pass by."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

from messaging.seam.delivery import Delivery
from messaging.seam.handler import Handler
from messaging.seam.message import Message
from messaging.seam.settlements import Settlement

EVERY = 0.5
"""One message in so many seconds is kept, however many there are."""
KEPT = 10
_SAMPLED = ("01", "03")  # how the traceparent of a recorded trace ends


class Passed(Struct, frozen=True):
    """One message that passed.

    Attributes:
        at: when it was received, in UNIX seconds.
        pattern, destination: how it came.
        id, sender, count: its own.
        delivery: which delivery of it this was, from 1.
        seconds: how long it was on its way, by both machines' clocks.
        trace: the id of its trace, "" when that is not recorded.
        text: the beginning of its body, as much as may be shown.
    """

    at: float
    pattern: str
    destination: str
    id: str
    sender: str
    count: int
    delivery: int
    seconds: float
    trace: str
    text: str


class Passing:
    """Keeps the last few messages of one pattern. A batch costs one look at the clock."""

    def __init__(self, pattern: str, text: int = 0, clock: Callable[[], float] = time.time) -> None:
        """Keep none yet.

        Args:
            pattern: the pattern's name.
            text: how many characters of a body may be shown.
            clock: gives UNIX seconds.
        """
        self._pattern, self._text, self._clock = pattern, text, clock
        self._due = 0.0
        self._kept: deque[Passed] = deque(maxlen=KEPT)

    @property
    def kept(self) -> Sequence[Passed]:
        """Those that are kept, the oldest first."""
        return tuple(self._kept)

    def seen(self, handler: Handler) -> Handler:
        """Make a handler that lets us see what the other one is given."""

        async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
            now = self._clock()
            if now >= self._due:
                self._due = now + EVERY
                self._kept.append(self._of(_told(deliveries), now))
            return await handler(deliveries)

        return handle

    def _of(self, delivery: Delivery, now: float) -> Passed:
        message = delivery.message
        return Passed(
            at=now,
            pattern=self._pattern,
            destination=delivery.destination,
            id=message.id,
            sender=message.sender,
            count=message.count,
            delivery=delivery.count,
            seconds=now - message.timestamp.timestamp(),
            trace=_trace(message),
            text=message.message[: self._text],
        )


def _told(deliveries: Sequence[Delivery]) -> Delivery:
    """Choose the one of a batch to tell of: one with a trace to look at, else the last."""
    return next((one for one in deliveries if _trace(one.message)), deliveries[-1])


def _trace(message: Message) -> str:
    version, _, rest = (message.traceparent or "").partition("-")
    trace, _, rest = rest.partition("-")
    return trace if version and rest.endswith(_SAMPLED) else ""
