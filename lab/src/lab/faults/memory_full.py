"""The server has no memory left."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure
from lab.place.server import Ability, facts


class MemoryFull(Fault):
    """maxmemory below what is in use, and nothing is evicted."""

    about = "lowers maxmemory below what is in use (noeviction), so that the server refuses to store"
    proof = "the server counted writes that it refused with OOM"
    needs = Ability.CONFIGURE

    async def apply(self) -> str:
        """Lower the limit."""
        self._before = await self._refused()
        used = int(facts(await self.stage.server.ask("INFO", "memory"))["used_memory"])
        await self.stage.server.ask("CONFIG", "SET", "maxmemory", used // 2)
        return "memory full"

    async def heal(self) -> None:
        """Take the limit away."""
        await self.stage.server.ask("CONFIG", "SET", "maxmemory", 0)

    async def confirm(self) -> str:
        """Ask the server's counter."""
        refused = await self._refused() - self._before
        return sure(refused, f"the server refused {refused} commands with OOM", "the server refused nothing")

    async def _refused(self) -> int:
        errors = facts(await self.stage.server.ask("INFO", "errorstats"))
        return int(errors.get("errorstat_OOM", "count=0").removeprefix("count="))


FAULT = MemoryFull
