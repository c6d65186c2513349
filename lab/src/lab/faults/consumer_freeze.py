"""A subscriber stands still and holds what it has."""

from __future__ import annotations

from lab.faults.fault import Fault, sure


class ConsumerFreeze(Fault):
    """SIGSTOP to one subscriber, SIGCONT in the end."""

    about = "freezes a subscriber (SIGSTOP), with what it holds, and lets it go on later"
    proof = "its probes were silent meanwhile"

    async def apply(self) -> str:
        """Freeze."""
        self._victim = await self.victim()
        await self.stage.target.pause(self._victim)
        return f"SIGSTOP to {self._victim.name}"

    async def heal(self) -> None:
        """Look whether it answers, and let it go on."""
        if hasattr(self, "_victim"):
            self._silent = not await self.stage.target.is_ready(self._victim)
            await self.stage.target.resume(self._victim)

    async def confirm(self) -> str:
        """Ask what was seen."""
        name = self._victim.name
        return sure(self._silent, f"the probes of {name} were silent", f"{name} still answered its probes")


FAULT = ConsumerFreeze
