"""How far the server's clock and ours are apart, and how sure that is."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lab.place.server import ServerUnderTest

_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The server's clock minus ours.

    Attributes:
        seconds: the estimate.
        error: how far it may be off, half of the shortest round trip, in seconds.
    """

    seconds: float
    error: float


async def clock_offset(server: ServerUnderTest) -> ClockOffset:
    """Ask TIME a few times and keep the shortest round trip; raises MessagingError."""
    best = ClockOffset(0.0, float("inf"))
    for _ in range(_SAMPLES):
        sent = time.time()
        seconds, microseconds = await server.ask("TIME")
        received = time.time()
        there = int(seconds) + int(microseconds) / 1e6
        if (error := (received - sent) / 2) < best.error:
            best = ClockOffset(there - (sent + received) / 2, error)
    return best
