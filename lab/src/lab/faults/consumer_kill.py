"""A subscriber dies at once, with its hands full."""

from __future__ import annotations

import asyncio

from lab.faults.fault import Fault, sure

_GLANCES, _GLANCE = 40, 0.005


class ConsumerKill(Fault):
    """SIGKILL to one subscriber, in a moment in which messages are under way."""

    about = "kills a subscriber (SIGKILL) while messages wait for it; another one takes its place"
    proof = "its process is gone, or its pod's container another one"

    async def apply(self) -> str:
        """Wait for a moment in which there is work, and kill."""
        self._victim = await self.victim()
        for _ in range(_GLANCES):
            if self.stage.held():
                break
            await asyncio.sleep(_GLANCE)
        self._identity = self.stage.target.identity(self._victim)
        await self.stage.target.kill(self._victim)
        return f"SIGKILL to {self._victim.name}"

    async def confirm(self) -> str:
        """Look whether it is gone."""
        target = self.stage.target
        living = {target.identity(one) for one in target.replicas("subscriber")}
        return sure(self._identity not in living, f"{self._identity} is gone", f"{self._identity} still lives")


FAULT = ConsumerKill
