"""A subscriber dies at once, with its hands full."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure
from lab.faults.base.full_hands import MOMENT, catch, still_in_hand


class ConsumerKill(Fault):
    """SIGKILL to one subscriber, with its hands full."""

    about = "kills a subscriber (SIGKILL) with its hands full; another one takes its place"
    proof = "its process is gone, or its pod's container another one"
    aims = True
    moment = MOMENT

    async def apply(self) -> str:
        """Freeze one in that moment, and kill it."""
        target = self.stage.target
        self._caught = await catch(self.stage, self.planned.in_hand)
        self.in_hand = self._caught.counts
        self._identity = target.identity(self._caught.replica)
        await target.kill(self._caught.replica)
        return f"SIGKILL to {self._caught}"

    async def confirm(self) -> str:
        """Look whether it is gone."""
        target = self.stage.target
        living = {target.identity(one) for one in target.replicas("subscriber")}
        return sure(self._identity not in living, f"{self._identity} is gone", f"{self._identity} still lives")

    async def hit(self) -> str:
        """Look whether it finished its batch."""
        return await still_in_hand(self.stage, self._caught)


FAULT = ConsumerKill
