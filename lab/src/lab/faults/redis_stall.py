"""The server stands still: connections stay open, and nothing is answered."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure
from lab.place.server import Ability


class RedisStall(Fault):
    """SIGSTOP to the server, SIGCONT in the end."""

    about = "freezes the server (SIGSTOP) and lets it go on later"
    proof = "PING was not answered meanwhile"
    needs = Ability.SERVER

    async def apply(self) -> str:
        """Freeze, and ask."""
        await self.stage.server.pause()
        self._silent = not await self.stage.server.answers()
        return "SIGSTOP to the server"

    async def heal(self) -> None:
        """Let it go on."""
        await self.stage.server.resume()

    async def confirm(self) -> str:
        """Ask what was seen."""
        return sure(self._silent, "PING was not answered", "the server still answered")


FAULT = RedisStall
