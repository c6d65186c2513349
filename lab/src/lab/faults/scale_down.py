"""Some subscribers end in good order, under load."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure


class ScaleDown(Fault):
    """Fewer subscribers for a while."""

    about = "ends subscribers in good order (SIGTERM) until few are left, and starts as many again later"
    proof = "as few replicas live as were to be left"
    parts = False

    async def apply(self) -> str:
        """Scale."""
        self._before = self.stage.crew.wanted
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


FAULT = ScaleDown
