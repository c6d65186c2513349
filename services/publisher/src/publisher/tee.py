"""One source for several destinations, each at its own pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.source import Source

AHEAD = 10_000
"""So many bodies may wait for the slowest; then the others wait for it: a pipe gives nothing twice."""


class Tee:
    """Gives every body to each reader.

    Attributes:
        readers: the sources for the destinations.
    """

    def __init__(self, source: Source, readers: int) -> None:
        """Read `source`, which nobody else does."""
        self._source = source
        self._fetching, self._room = asyncio.Lock(), asyncio.Event()
        self._closed = False
        self.readers: Sequence[Reader] = [Reader(self, deque()) for _ in range(readers)]

    async def fetch(self, limit: int) -> None:
        """Give each reader 1 to `limit` bodies more, none at the end; wait while one of them has too many."""
        while not self._closed and max(len(reader.waiting) for reader in self.readers) >= AHEAD:
            self._room.clear()
            await self._room.wait()
        bodies = await self._source.take(limit)
        for reader in self.readers:
            reader.waiting.extend(bodies)

    async def take(self, waiting: deque[str], limit: int) -> list[str]:
        """Return what waits, at most `limit`; fetch more when nothing does."""
        if not waiting:
            async with self._fetching:
                if not waiting:
                    await self.fetch(limit)
        taken = [waiting.popleft() for _ in range(min(limit, len(waiting)))]
        self._room.set()
        return taken

    def close(self) -> None:
        """Give no more."""
        self._closed = True
        self._room.set()
        self._source.close()

    @property
    def skipped(self) -> int:
        """How many were too long, and left out."""
        return self._source.skipped


@dataclass(slots=True)
class Reader:
    """A `Source` that gives what its tee reads."""

    tee: Tee
    waiting: deque[str]

    @property
    def skipped(self) -> int:
        """How many were too long, and left out."""
        return self.tee.skipped

    async def take(self, limit: int) -> list[str]:
        """Return 1 to `limit` bodies, waiting for the first; none when there are no more."""
        return await self.tee.take(self.waiting, limit)

    def close(self) -> None:
        """Give no more, to nobody."""
        self.tee.close()
