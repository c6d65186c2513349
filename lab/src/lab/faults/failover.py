"""The primary dies while its replica is behind, and the replica takes its place."""

from __future__ import annotations

import asyncio

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.place.server import Ability


class Failover(Fault):
    """Replication stops, the primary goes on for a while, then SIGKILL; Sentinel does the rest."""

    about = (
        "stops the replication for a time and kills the primary (SIGKILL), so that Sentinel makes the replica the "
        "primary; it comes back as replica"
    )
    proof = "another server is the primary"
    moment = "the replica lacks something of what the primary was told"
    needs = Ability.FAILOVER
    forgets = True

    async def apply(self) -> str:
        """Let the replica fall behind, kill the primary and wait until the other one is it."""
        server = self.stage.server
        self._before = await server.identity()
        await server.fall_behind()
        await asyncio.sleep(self.planned.behind_seconds)
        self._behind = await server.behind()
        await server.fail_over()
        return f"SIGKILL to the primary, {self._behind:,} bytes ahead of its replica"

    async def heal(self) -> None:
        """Start the former primary."""
        await self.stage.server.rejoin()

    async def confirm(self) -> str:
        """Compare."""
        changed = await self.stage.server.identity() != self._before
        return sure(changed, "the primary is another server", "the primary is the same")

    async def hit(self) -> str:
        """Tell how far behind the replica was."""
        if not self._behind:
            raise MissedMoment("the replica had everything: nothing was written while the replication stood still")
        return f"the replica lacked {self._behind:,} bytes"


FAULT = Failover
