"""The primary dies, and a replica takes its place."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure
from lab.place.server import Ability


class Failover(Fault):
    """SIGKILL to the primary; Sentinel does the rest. It comes back as a replica."""

    about = "kills the primary (SIGKILL), so that Sentinel makes the replica the primary; it comes back as replica"
    proof = "another server is the primary"
    needs = Ability.FAILOVER
    forgets = True

    async def apply(self) -> str:
        """Kill the primary and wait until the other one is it."""
        self._before = await self.stage.server.identity()
        await self.stage.server.fail_over()
        return "SIGKILL to the primary"

    async def heal(self) -> None:
        """Start the former primary."""
        await self.stage.server.rejoin()

    async def confirm(self) -> str:
        """Compare."""
        changed = await self.stage.server.identity() != self._before
        return sure(changed, "the primary is another server", "the primary is the same")


FAULT = Failover
