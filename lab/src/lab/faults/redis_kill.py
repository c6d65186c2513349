"""The server dies and comes back with what its disk remembers."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure
from lab.place.server import Ability


class RedisKill(Fault):
    """SIGKILL to the server, and a start on the same directory."""

    about = "kills the server (SIGKILL) and starts it again on the same data"
    proof = "its run_id is another one"
    needs = Ability.SERVER
    forgets = True

    async def apply(self) -> str:
        """Kill."""
        self._before = await self.stage.server.identity()
        await self.stage.server.kill()
        return "SIGKILL to the server"

    async def heal(self) -> None:
        """Start it again."""
        await self.stage.server.restart()

    async def confirm(self) -> str:
        """Compare."""
        changed = await self.stage.server.identity() != self._before
        return sure(changed, "the server's run_id changed", "the server's run_id is the same")


FAULT = RedisKill
