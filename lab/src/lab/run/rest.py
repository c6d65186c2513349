"""Whether everything has come to rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from messaging.seam.pattern import Backlog

QUIET = 1.0
"""How long nothing may have moved, in seconds."""


async def until(condition: Callable[[], object], every: float = 0.1) -> None:
    """Return when the condition is met; whoever waits sets the deadline.

    Args:
        condition: is asked again and again.
        every: how often, in seconds.
    """
    while not condition():  # noqa: ASYNC110 - what is asked about has no event
        await asyncio.sleep(every)


class Stillness:
    """Watches for the moment after which nothing moves any more."""

    def __init__(self) -> None:
        """Begin; everything moves until the opposite is seen."""
        self._moved = time.monotonic()
        self.held = 0
        self._known = True

    def see(self, backlogs: Mapping[str, Backlog | None], records: int) -> None:
        """Take up a look.

        Args:
            backlogs: what each pattern holds; None where the server did not answer.
            records: how many records were new in the ledger.
        """
        self._known = None not in backlogs.values()
        counts = [count for backlog in backlogs.values() if backlog for count in backlog if count]
        self.held = sum(counts)
        if records or self.held or not self._known:
            self._moved = time.monotonic()

    @property
    def reached(self) -> bool:
        """Whether nothing was held, and nothing recorded, for a while."""
        return self._known and not self.held and time.monotonic() - self._moved > QUIET
