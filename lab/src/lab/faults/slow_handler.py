"""Some subscribers become slow."""

from __future__ import annotations

from lab.fault import Fault, sure

DELAY = 0.1
"""What a slow one takes for a message, in seconds."""


class SlowHandler(Fault):
    """Slow subscribers take the places of as many others."""

    about = f"puts subscribers in the places of others that take {DELAY:g} s for each message"
    proof = "the slow processes lived meanwhile"

    async def apply(self) -> str:
        """Replace."""
        crew, target = self.stage.crew, self.stage.target
        slow = {"HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": f"{DELAY:g}"}
        async with crew.busy:
            self._replaced = list(target.replicas("subscriber"))[-self.planned.subscribers :]
            self._slow = await crew.add(slow, len(self._replaced))
            for one in self._replaced:
                await target.retire(one)
        return f"{', '.join(one.name for one in self._slow)} slow"

    async def heal(self) -> None:
        """Replace them again."""
        if not hasattr(self, "_slow"):
            return
        crew, target = self.stage.crew, self.stage.target
        async with crew.busy:
            living = set(target.replicas("subscriber"))
            self._lived = living.issuperset(self._slow)
            await crew.add({}, len(self._slow))
            for one in living.intersection(self._slow):
                await target.retire(one)

    async def confirm(self) -> str:
        """Ask what was seen."""
        names = ", ".join(one.name for one in self._slow)
        return sure(self._lived, f"{names} lived until the end", f"{names} did not live until the end")


FAULT = SlowHandler
