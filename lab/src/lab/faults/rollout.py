"""Every subscriber is replaced by a new one."""

from __future__ import annotations

from lab.faults.base.draining import struck, with_full_hands
from lab.faults.base.fault import Fault, sure


class Rollout(Fault):
    """A new one starts and is ready, then an old one ends in good order; and so on."""

    about = "replaces each subscriber by a new one, one after the other, in good order (SIGTERM)"
    proof = "none of the former replicas is left, and as many new ones live"
    parts = False

    async def apply(self) -> str:
        """Replace them all."""
        self._old = list(self.stage.target.replicas("subscriber"))
        if self.planned.full_hands:
            self.in_hand = await with_full_hands(self.stage, self.stage.crew.renew())
        else:
            await self.stage.crew.renew()
        return f"replaced {len(self._old)} subscribers"

    async def confirm(self) -> str:
        """Look who lives."""
        living = self.stage.target.replicas("subscriber")
        replaced = self._old and not set(self._old) & set(living) and len(living) == len(self._old)
        return sure(replaced, f"{len(living)} new replicas live, the former are gone", "not all were replaced")

    async def hit(self) -> str:
        """Tell what those had in hand who were told to end."""
        return struck(self.in_hand) if self.planned.full_hands else ""


FAULT = Rollout
