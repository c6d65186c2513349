"""The primary is cut off from the others, but not from its clients: for a while there are two."""

from __future__ import annotations

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.place.server import Ability


class SplitBrain(Fault):
    """Sentinel makes the replica the primary; clients stay with the old one until it hears of that and is demoted."""

    about = (
        "cuts the primary off from its replica and the Sentinels, which make the replica the primary; clients stay "
        "with the old one; healed, that is demoted and forgets what it took"
    )
    proof = "another server is the primary"
    moment = "clients stay with the old primary when another has its place"
    needs = Ability.FAILOVER
    forgets = True

    async def apply(self) -> str:
        """Split, and wait until there are two."""
        self._before = await self.stage.server.identity()
        self._astray = 0
        self._stayed = await self.stage.server.split()
        return f"two primaries; {self._stayed} clients stay with the old one"

    async def heal(self) -> None:
        """Let the Sentinels demote the old one, and see first what it took."""
        if hasattr(self, "_astray"):
            self._astray = await self.stage.server.astray()
        await self.stage.server.rejoin()

    async def confirm(self) -> str:
        """Compare."""
        changed = await self.stage.server.identity() != self._before
        return sure(changed, "the primary is another server", "the primary is the same")

    async def hit(self) -> str:
        """Tell who stayed, and what went astray."""
        if not self._stayed:
            raise MissedMoment("no client was with the old primary when another had its place")
        return (
            f"{self._stayed} clients stayed; the old primary took {self._astray:,} bytes of writes that nobody else has"
        )


FAULT = SplitBrain
