"""What only the server knows of a destination: asked once per scrape, never on the hot path."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from messaging.seam.errors import MessagingError
from messaging.seam.pattern import Backlog, Consumer

FRESH = 1.0
"""An answer is used for so many seconds: who scrapes more often does not ask more often."""
TIMEOUT = 1.0
"""How long the server may take to answer, in seconds."""


@runtime_checkable
class Ages(Protocol):
    """A consumer that can tell more than its backlog."""

    async def oldest(self) -> float | None:
        """Return the age of the oldest message that was delivered and not settled, in seconds; None: there is none.

        Raises MessagingError.
        """


class Levels:
    """The backlog of one destination and the age of its oldest message in flight, as the server said last.

    Empty while the server does not answer, or is not to be asked: better no figure than an old one.
    """

    def __init__(
        self, consumer: Consumer, ready: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask this consumer, also while it works, as long as it is `ready`; the clock gives seconds."""
        self._consumer, self._ready, self._clock = consumer, ready, clock
        self._asked = float("-inf")
        self.backlog = Backlog()
        self.oldest: float | None = None

    async def refresh(self) -> None:
        """Ask, unless that was done just now. Never raises for what the server or the network does."""
        now = self._clock()
        if now - self._asked < FRESH:
            return
        self._asked = now
        self.backlog, self.oldest = await self._answer() if self._ready() else (Backlog(), None)

    async def _answer(self) -> tuple[Backlog, float | None]:
        try:
            async with asyncio.timeout(TIMEOUT):
                backlog = await self._consumer.backlog()
                return backlog, await self._consumer.oldest() if isinstance(self._consumer, Ages) else None
        except (MessagingError, TimeoutError):
            return Backlog(), None
