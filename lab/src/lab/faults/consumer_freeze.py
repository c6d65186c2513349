"""A subscriber stands still and holds what it has."""

from __future__ import annotations

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.faults.base.full_hands import MOMENT, Caught, catch


class ConsumerFreeze(Fault):
    """SIGSTOP to one subscriber with its hands full, SIGCONT in the end."""

    about = "freezes a subscriber (SIGSTOP), with what it holds, and lets it go on later"
    proof = "its probes were silent meanwhile"
    aims = True
    moment = MOMENT
    _caught: Caught | None = None

    async def apply(self) -> str:
        """Freeze."""
        self._caught = await catch(self.stage, self.planned.in_hand)
        self.in_hand = self._caught.counts
        return f"SIGSTOP to {self._caught}"

    async def heal(self) -> None:
        """Look what it holds and whether it answers, and let it go on."""
        if self._caught is not None:
            self._held = (await self.stage.witness.in_hand()).get(self._caught.replica.name, {})
            self._silent = not await self.stage.target.is_ready(self._caught.replica)
            await self.stage.target.resume(self._caught.replica)

    async def confirm(self) -> str:
        """Ask what was seen."""
        name = self._caught.replica.name if self._caught else ""
        return sure(self._silent, f"the probes of {name} were silent", f"{name} still answered its probes")

    async def hit(self) -> str:
        """Ask what it still held when it went on."""
        if not self._held:
            raise MissedMoment("it held nothing when it went on")
        self.stage.struck.update(list(self._held))
        return f"{sum(hand.count for hand in self._held.values())} in hand all the while"


FAULT = ConsumerFreeze
