"""The subscribers as processes of this machine: the dead replaced, as a Deployment does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

from lab.place.target import Replica, Target, TargetError

_READY, _POLL = 30.0, 0.05


class LocalCrew:
    """A `Crew` that starts what is missing."""

    def __init__(self, target: Target, environment: Mapping[str, str], wanted: int, restart_seconds: float) -> None:
        """Prepare; `muster` starts them.

        Args:
            target: where they run.
            environment: their settings.
            wanted: how many.
            restart_seconds: after what time a missing one is replaced.
        """
        self._target, self._restart_seconds = target, restart_seconds
        self.wanted, self._environment = wanted, environment
        self._busy = asyncio.Lock()  # held by whoever replaces some of them; nobody else interferes then
        self._missing_since: float | None = None
        self._relief: Sequence[Replica] = ()

    async def muster(self) -> None:
        """Start processes and ask their probes."""
        await self._target.start("subscriber", self._environment, self.wanted)
        await self._target.wait_ready("subscriber", _READY)

    async def complete(self) -> None:
        """Ask the probes of those who live; who dies meanwhile is not waited for."""
        try:
            async with asyncio.timeout(_READY):
                while not await self._is_complete():  # noqa: ASYNC110 - a probe is asked
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise TargetError(f"a subscriber was not ready within {_READY:g} s") from None

    async def scale(self, wanted: int) -> None:
        """Start processes, or end the youngest."""
        async with self._busy:
            self.wanted = wanted
            alive = self._target.replicas("subscriber")
            if wanted > len(alive):
                await self._target.start("subscriber", self._environment, wanted - len(alive))
            await self.complete()
            await asyncio.gather(*(self._target.retire(one) for one in alive[wanted:]))

    async def renew(self) -> None:
        """Start one, end one, and so on."""
        async with self._busy:
            for one in list(self._target.replicas("subscriber")):
                await self._add(self._environment, 1)
                await self._target.retire(one)

    async def relieve(self, environment: Mapping[str, str], replicas: int) -> Sequence[Replica]:
        """Start them, then end the youngest of the others."""
        async with self._busy:
            relieved = list(self._target.replicas("subscriber"))[-replicas:]
            self._relief = await self._add({**self._environment, **environment}, len(relieved))
            for one in relieved:
                await self._target.retire(one)
        return self._relief

    async def recall(self) -> None:
        """Start as many, then end those of them that live."""
        async with self._busy:
            await self._add(self._environment, len(self._relief))
            for one in set(self._target.replicas("subscriber")).intersection(self._relief):
                await self._target.retire(one)

    async def look_after(self) -> None:
        """Start who has been missing for some time."""
        if self._busy.locked():
            return
        missing = self.wanted - len(self._target.replicas("subscriber"))
        if missing <= 0:
            self._missing_since = None
            return
        now = time.monotonic()
        self._missing_since = self._missing_since or now
        if now - self._missing_since >= self._restart_seconds:
            self._missing_since = None
            await self._target.start("subscriber", self._environment, missing)

    async def _is_complete(self) -> bool:
        living = self._target.replicas("subscriber")
        return all([await self._target.is_ready(one) for one in living])

    async def _add(self, environment: Mapping[str, str], replicas: int) -> Sequence[Replica]:
        added = await self._target.start("subscriber", environment, replicas)
        await self._target.wait_ready("subscriber", _READY)
        return list(added)
