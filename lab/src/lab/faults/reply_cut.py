"""Requests arrive, replies do not."""

from __future__ import annotations

from lab.faults.fault import Fault, sure
from lab.place.server import Ability


class ReplyCut(Fault):
    """The server does what it is told, and nobody hears of it."""

    about = "carries requests to the server and throws its replies away for a while"
    proof = "replies were thrown away"
    needs = Ability.NETWORK

    async def apply(self) -> str:
        """Begin to throw away."""
        self._before = self.stage.server.swallowed
        await self.stage.server.drop_replies()
        return "replies lost"

    async def heal(self) -> None:
        """Mend."""
        await self.stage.server.heal()

    async def confirm(self) -> str:
        """Count."""
        lost = self.stage.server.swallowed - self._before
        return sure(lost, f"{lost:,} bytes of replies were thrown away", "no reply was under way")


FAULT = ReplyCut
