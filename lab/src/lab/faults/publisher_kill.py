"""The publisher dies in the middle of its work."""

from __future__ import annotations

import asyncio
import time

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.place.target import Replica, TargetError

PATIENCE = 5.0
"""How long to wait for the moment, in seconds."""
_GLANCE = 0.002


class PublisherKill(Fault):
    """SIGKILL to one publisher, between a send and its outcome; the load goes on with a new one."""

    about = "kills a publisher (SIGKILL) before it knows what became of a batch; another one goes on, as a new sender"
    proof = "its process is gone"
    parts = False
    moment = "a batch is sent, or about to be, and its outcome not known"

    async def apply(self) -> str:
        """Freeze one in that moment, and kill it."""
        self._victim, count = await self._caught()
        self._identity = self.stage.target.identity(self._victim)
        await self.stage.target.kill(self._victim)
        return f"SIGKILL to {self._victim.name} with {count} under way"

    async def confirm(self) -> str:
        """Look whether it is gone."""
        gone = self._victim not in self.stage.target.replicas("publisher")
        return sure(gone, f"{self._identity} is gone", f"{self._victim.name} still lives")

    async def hit(self) -> str:
        """Look what nobody heard of."""
        count = (await self.stage.witness.under_way()).get(self._victim.name, 0)
        if not count:
            raise MissedMoment(f"{self._victim.name} knew the outcome of everything")
        return f"the outcome of {count} is not known"

    async def _caught(self) -> tuple[Replica, int]:
        target, deadline = self.stage.target, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            living = target.replicas("publisher")
            if not living:
                raise TargetError("no publisher lives that a fault could strike")
            one = self.stage.chance.choice(living)
            await target.pause(one)
            count = 0
            try:
                count = (await self.stage.witness.under_way()).get(one.name, 0)
            finally:
                if not count:
                    await target.resume(one)
            if count:
                return one, count
            await asyncio.sleep(_GLANCE * self.stage.chance.random())
        raise MissedMoment(f"within {PATIENCE:g} s no publisher had a batch under way whose outcome it did not know")


FAULT = PublisherKill
