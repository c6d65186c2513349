"""The way to the server breaks."""

from __future__ import annotations

from lab.faults.fault import Fault, sure
from lab.place.server import Ability


class NetworkCut(Fault):
    """All connections are closed, new ones refused."""

    about = "closes all connections to the server and refuses new ones for a while"
    proof = "a new connection was refused meanwhile"
    needs = Ability.NETWORK

    async def apply(self) -> str:
        """Cut, and knock."""
        await self.stage.server.cut()
        self._refused = not await self.stage.server.answers()
        return "network cut"

    async def heal(self) -> None:
        """Mend."""
        await self.stage.server.heal()

    async def confirm(self) -> str:
        """Ask what was seen."""
        return sure(self._refused, "a connection was refused", "the server could still be reached")


FAULT = NetworkCut
