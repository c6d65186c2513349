"""Some subscribers become slow."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure

DELAY = 0.1
"""What a slow one takes for a message, in seconds."""


class SlowHandler(Fault):
    """Slow subscribers take the places of as many others."""

    about = f"puts subscribers in the places of others that take {DELAY:g} s for each message"
    proof = "the slow ones lived meanwhile"
    parts = False

    async def apply(self) -> str:
        """Replace."""
        slow = {"HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": f"{DELAY:g}"}
        self._slow = await self.stage.crew.relieve(slow, self.planned.subscribers)
        return f"{', '.join(one.name for one in self._slow)} slow"

    async def heal(self) -> None:
        """Replace them again."""
        if not hasattr(self, "_slow"):
            return
        self._lived = set(self.stage.target.replicas("subscriber")).issuperset(self._slow)
        await self.stage.crew.recall()

    async def confirm(self) -> str:
        """Ask what was seen."""
        names = ", ".join(one.name for one in self._slow)
        return sure(self._lived, f"{names} lived until the end", f"{names} did not live until the end")


FAULT = SlowHandler
