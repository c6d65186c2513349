"""What is timed: publish everything, then consume everything."""

from __future__ import annotations

from typing import Protocol

from messaging import Message


class Contestant(Protocol):
    """One way of doing the work with one pattern. A subscriber is there before the first publish."""

    async def open(self) -> None:
        """Connect; subscribe where the pattern is pub/sub."""

    async def publish(self, batches: list[list[Message]]) -> None:
        """Publish every batch, one round trip each."""

    async def consume(self, messages: int) -> None:
        """Take, decode and settle so many messages."""

    async def aclose(self) -> None:
        """Disconnect."""
