"""The way to the server is long."""

from __future__ import annotations

import time

from lab.faults.base.fault import Fault, sure
from lab.place.server import Ability


class SlowNetwork(Fault):
    """Each byte travels for a time, both ways."""

    about = "lets each byte travel for a time (`delay_seconds`, and up to `jitter_seconds` more), each way"
    proof = "a PING took as long"
    needs = Ability.NETWORK

    async def apply(self) -> str:
        """Slow it down, and ask once."""
        planned = self.planned
        await self.stage.server.slow(planned.delay_seconds, planned.jitter_seconds)
        start = time.monotonic()
        self._answered = await self.stage.server.answers()
        self._took = time.monotonic() - start
        least, most = planned.delay_seconds, planned.delay_seconds + planned.jitter_seconds
        return f"{least * 1000:g} to {most * 1000:g} ms each way"

    async def heal(self) -> None:
        """Let it be fast."""
        await self.stage.server.heal()

    async def confirm(self) -> str:
        """Compare."""
        slow = self._answered and self._took >= 2 * self.planned.delay_seconds
        return sure(slow, f"a new client's PING took {self._took * 1000:.0f} ms", "a PING was not slowed down")


FAULT = SlowNetwork
