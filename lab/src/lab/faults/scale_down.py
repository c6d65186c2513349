"""Some subscribers end in good order, under load."""

from __future__ import annotations

from lab.faults.base.draining import struck, with_full_hands
from lab.faults.base.fault import Fault, sure


class ScaleDown(Fault):
    """Fewer subscribers for a while."""

    about = "ends subscribers in good order (SIGTERM) until few are left, and starts as many again later"
    proof = "as few replicas live as were to be left"
    parts = False

    async def apply(self) -> str:
        """Scale."""
        self._before = self.stage.crew.wanted
        if self.planned.full_hands:
            self.in_hand = await with_full_hands(self.stage, self.stage.crew.scale(self.planned.subscribers))
        else:
            await self.stage.crew.scale(self.planned.subscribers)
        self._left = len(self.stage.target.replicas("subscriber"))
        return f"from {self._before} subscribers to {self.planned.subscribers}"

    async def heal(self) -> None:
        """Scale back."""
        if hasattr(self, "_before"):
            await self.stage.crew.scale(self._before)

    async def confirm(self) -> str:
        """Compare."""
        fewer = self._left == self.planned.subscribers < self._before
        return sure(fewer, f"{self._left} of {self._before} were left", f"{self._left} of {self._before} lived on")

    async def hit(self) -> str:
        """Tell what those had in hand who were told to end."""
        return struck(self.in_hand) if self.planned.full_hands else ""


FAULT = ScaleDown
