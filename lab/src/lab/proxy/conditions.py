"""The weather on the wire: what happens to the bytes that pass, and how many did."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

Translate = Callable[[bytes], bytes]
"""Rewrites a chunk of replies: how a server that tells its own address tells the proxy's."""


@dataclass(slots=True)
class Traffic:
    """What has passed since the proxy opened; all in bytes but the last.

    Attributes:
        requests: forwarded to the server.
        replies: forwarded to clients.
        swallowed: read from the server and thrown away.
        connections: accepted from clients.
    """

    requests: int = 0
    replies: int = 0
    swallowed: int = 0
    connections: int = 0


class Conditions:
    """What every connection of one proxy obeys, and what all of them count.

    Attributes:
        traffic: the counters.
        delay: seconds that each chunk travels, in each direction.
        jitter: how much longer it may take, by chance.
        drop_after: replies are dropped on a connection once these bytes were in a request;
            empty drops on every connection, None drops nothing.
        episode: how often dropping was asked for; a connection remembers in which one it sent
            those bytes.
        undelivered: replies that no client read, or perhaps none: thrown away, or under way when a connection was cut.
    """

    def __init__(self) -> None:
        """Start with fair weather."""
        self.traffic = Traffic()
        self.delay = self.jitter = 0.0
        self.drop_after: bytes | None = None
        self.episode = 0
        self.undelivered: list[bytes] = []
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._dropped = asyncio.Event()

    def stall(self) -> None:
        """Let nothing pass until `clear`."""
        self._flowing.clear()

    def drop(self, after: bytes) -> None:
        """Drop replies from now on; see `drop_after`."""
        self.drop_after = after
        self.episode += 1
        self._dropped.clear()

    def drops(self, marked_in: int) -> bool:
        """Return whether replies are dropped on a connection that was marked in that episode."""
        return self.drop_after is not None and (not self.drop_after or marked_in == self.episode)

    def clear(self) -> None:
        """Return to fair weather."""
        self.delay = self.jitter = 0.0
        self.drop_after = None
        self._flowing.set()

    async def passage(self, sent_at: float) -> None:
        """Return when a chunk that arrived at that time of the loop may go on."""
        clock = asyncio.get_running_loop().time
        late = random.random()
        await self._flowing.wait()
        while (rest := sent_at + self.delay + late * self.jitter - clock()) > 0:
            await asyncio.sleep(rest)
            await self._flowing.wait()

    def swallow(self, chunk: bytes) -> None:
        """Keep and count a part of a reply that no client will see."""
        self.traffic.swallowed += len(chunk)
        self.undelivered.append(chunk)
        self._dropped.set()

    async def dropped(self) -> None:
        """Return when a reply was dropped since the last `drop`."""
        await self._dropped.wait()
