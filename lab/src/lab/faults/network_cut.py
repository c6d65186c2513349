"""The way to the server breaks."""

from __future__ import annotations

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.place.server import Ability


class NetworkCut(Fault):
    """All connections are closed, new ones refused; half open, packets vanish and nobody is told."""

    about = (
        "closes all connections to the server and refuses new ones for a while; or lets packets vanish (`half_open`)"
    )
    proof = "a new connection was refused, or not answered, meanwhile"
    moment = "replies are under way"
    needs = Ability.NETWORK

    async def apply(self) -> str:
        """Cut, and knock."""
        server, self._before = self.stage.server, len(self.stage.server.undelivered)
        await (server.stall() if self.planned.half_open else server.cut())
        self._refused = not await server.answers()
        return "packets vanish" if self.planned.half_open else "network cut"

    async def heal(self) -> None:
        """Mend; what was held back never arrives."""
        if self.planned.half_open:
            await self.stage.server.cut()
        await self.stage.server.heal()

    async def confirm(self) -> str:
        """Ask what was seen."""
        return sure(self._refused, "a connection was refused or not answered", "the server could still be reached")

    async def hit(self) -> str:
        """Ask what was under way."""
        count = len(self.stage.server.undelivered) - self._before
        if not count:
            raise MissedMoment("no reply was under way")
        return f"{count:,} bytes of replies were under way"


FAULT = NetworkCut
