"""The server's machine dies: what no fsync had reached is gone from the disk, too."""

from __future__ import annotations

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.place.server import Ability


class MachineCrash(Fault):
    """SIGKILL, long after an fsync and before the next; then its append-only file ends where that fsync had come to."""

    about = (
        "kills the server (SIGKILL) as late after an fsync as can be, cuts from its append-only file what came after "
        "that, as a loss of power may, and starts it again"
    )
    proof = "its run_id is another one"
    moment = "something is acknowledged that no fsync has reached (with append_only: always there is none)"
    needs = Ability.DISK
    forgets = True

    async def apply(self) -> str:
        """Kill, and cut."""
        server = self.stage.server
        self._before = await server.identity()
        _, self._policy = await server.ask("CONFIG", "GET", "appendfsync")
        self._cut = await server.lose_power()
        return f"SIGKILL to the server; {self._cut:,} bytes had not reached its disk"

    async def heal(self) -> None:
        """Start it again."""
        await self.stage.server.restart()

    async def confirm(self) -> str:
        """Compare."""
        changed = await self.stage.server.identity() != self._before
        return sure(changed, "the server's run_id changed", "the server's run_id is the same")

    async def hit(self) -> str:
        """Tell how much was cut."""
        if not self._cut and self._policy != b"always":
            raise MissedMoment("nothing was written since the last fsync")
        return f"{self._cut:,} bytes had not reached the disk"


FAULT = MachineCrash
