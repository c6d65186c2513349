"""The publisher dies in the middle of its work."""

from __future__ import annotations

from lab.faults.fault import Fault, sure
from lab.place.target import TargetError


class PublisherKill(Fault):
    """SIGKILL to one publisher; the load goes on with a new one."""

    about = "kills a publisher (SIGKILL); another one goes on in its place, as a new sender"
    proof = "its process is gone"

    async def apply(self) -> str:
        """Kill."""
        living = self.stage.target.replicas("publisher")
        if not living:
            raise TargetError("no publisher lives that a fault could strike")
        self._victim = self.stage.chance.choice(living)
        self._identity = self.stage.target.identity(self._victim)
        await self.stage.target.kill(self._victim)
        return f"SIGKILL to {self._victim.name}"

    async def confirm(self) -> str:
        """Look whether it is gone."""
        gone = self._victim not in self.stage.target.replicas("publisher")
        return sure(gone, f"{self._identity} is gone", f"{self._victim.name} still lives")


FAULT = PublisherKill
