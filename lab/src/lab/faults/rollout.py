"""Every subscriber is replaced by a new one."""

from __future__ import annotations

from lab.fault import Fault, sure


class Rollout(Fault):
    """A new one starts and is ready, then an old one ends in good order; and so on."""

    about = "replaces each subscriber by a new one, one after the other, in good order (SIGTERM)"
    proof = "none of the former processes is left, and as many new ones live"

    async def apply(self) -> str:
        """Replace them all."""
        target, crew = self.stage.target, self.stage.crew
        async with crew.busy:
            self._old = list(target.replicas("subscriber"))
            for one in self._old:
                await crew.add({}, 1)
                await target.retire(one)
        return f"replaced {len(self._old)} subscribers"

    async def confirm(self) -> str:
        """Look who lives."""
        living = self.stage.target.replicas("subscriber")
        replaced = self._old and not set(self._old) & set(living) and len(living) == len(self._old)
        return sure(replaced, f"{len(living)} new processes live, the former are gone", "not all were replaced")


FAULT = Rollout
