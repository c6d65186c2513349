"""The subscribers: as many as there shall be, the dead replaced, as a Deployment does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from lab.target import Replica, Target

_READY = 30.0


class Crew:
    """Keeps subscribers alive.

    Attributes:
        wanted: how many there shall be.
        environment: their settings.
        busy: held by whoever replaces some of them; nobody else interferes then.
    """

    def __init__(self, target: Target, environment: Mapping[str, str], wanted: int, restart_seconds: float) -> None:
        """Prepare; `muster` starts them.

        Args:
            target: where they run.
            environment: their settings.
            wanted: how many.
            restart_seconds: after what time a missing one is replaced.
        """
        self._target, self._restart_seconds = target, restart_seconds
        self.wanted, self.environment = wanted, environment
        self.busy = asyncio.Lock()
        self._missing_since: float | None = None

    async def muster(self) -> None:
        """Start them and return when they are ready; raises TargetError."""
        await self._target.start("subscriber", self.environment, self.wanted)
        await self._target.wait_ready("subscriber", _READY)

    async def complete(self) -> None:
        """Return when everybody who lives is ready; raises TargetError.

        Who is told to end before that ends as if it had crashed.
        """
        await self._target.wait_ready("subscriber", _READY)

    async def scale(self, wanted: int) -> None:
        """Change how many there shall be; who is too many ends in good order."""
        async with self.busy:
            self.wanted = wanted
            alive = self._target.replicas("subscriber")
            if wanted > len(alive):
                await self._target.start("subscriber", self.environment, wanted - len(alive))
            await self.complete()
            await asyncio.gather(*(self._target.retire(one) for one in alive[wanted:]))

    async def add(self, environment: Mapping[str, str], replicas: int) -> list[Replica]:
        """Start further ones, with settings of their own on top, and return when they are ready."""
        added = await self._target.start("subscriber", {**self.environment, **environment}, replicas)
        await self._target.wait_ready("subscriber", _READY)
        return list(added)

    async def look_after(self) -> None:
        """Replace who died some time ago; to be called a few times a second."""
        if self.busy.locked():
            return
        missing = self.wanted - len(self._target.replicas("subscriber"))
        if missing <= 0:
            self._missing_since = None
            return
        now = time.monotonic()
        self._missing_since = self._missing_since or now
        if now - self._missing_since >= self._restart_seconds:
            self._missing_since = None
            await self._target.start("subscriber", self.environment, missing)
