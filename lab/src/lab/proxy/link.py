"""One client's connection through the proxy."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.proxy.conditions import Conditions, Translate

Address = tuple[str, int]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CHUNK_BYTES = 65_536
_CHUNKS_IN_TRANSIT = 64
_FLUSH_SECONDS = 1.0
_MOMENT = 0.5


class Link:
    """A client's connection and one to the server, tied together until either of them ends.

    Attributes:
        broken: whether a reply was dropped: whatever came next would answer the wrong request,
            so such a connection must not go on.
    """

    def __init__(self, client: Stream, server: Address, conditions: Conditions, translate: Translate | None) -> None:
        """Tie a client to the server at that address; `run` connects and lets bytes pass."""
        self.broken = False
        self._client = client
        self._server = server
        self._conditions = conditions
        self._translate = translate
        self._tail = b""
        self._marked_in = 0
        self._replies: deque[tuple[float, bytes]] = deque(maxlen=2 * _CHUNKS_IN_TRANSIT)  # by when they were forwarded
        self._held: deque[bytes] = deque()

    async def run(self) -> None:
        """Let bytes pass both ways until one side closes; cancelled, close both at once."""
        _, to_client = self._client
        try:
            server = await asyncio.open_connection(*self._server)
            await self._tie(server)
        except OSError:
            pass  # the server is not there: the client hears no more than that
        finally:
            self._conditions.undelivered += self._held
            to_client.transport.abort()

    def recent(self) -> list[bytes]:
        """Return the replies of the last moment: whether the client has read them, nobody knows."""
        since = asyncio.get_running_loop().time() - _MOMENT
        return [chunk for at, chunk in self._replies if at >= since]

    async def _tie(self, server: Stream) -> None:
        (from_client, to_client), (from_server, to_server) = self._client, server
        directions = [
            asyncio.create_task(self._pass(from_client, to_server, self._request)),
            asyncio.create_task(self._pass(from_server, to_client, self._reply)),
        ]
        try:
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            await _flush(to_client)
            await _flush(to_server)
        finally:
            to_client.transport.abort()
            to_server.transport.abort()
            for direction in directions:
                direction.cancel()
            for ended in await asyncio.gather(*directions, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, OSError):
                    raise ended

    async def _pass(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        inspect: Callable[[bytes], bytes],
    ) -> None:
        """Carry one direction; reading goes on while earlier chunks are still under way."""
        transit: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS_IN_TRANSIT)
        seen = self._held.append if inspect == self._reply else None
        reading = asyncio.create_task(_read(source, transit, seen))
        try:
            while True:
                arrived_at, chunk = await transit.get()
                await self._conditions.passage(arrived_at)
                if not chunk:
                    return
                sink.write(inspect(chunk))
                await sink.drain()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _request(self, chunk: bytes) -> bytes:
        self._conditions.traffic.requests += len(chunk)
        marker = self._conditions.drop_after
        if marker:
            # A marker may lie across two chunks.
            window = self._tail + chunk
            self._tail = window[len(window) - len(marker) + 1 :]
            if marker in window:
                self._marked_in = self._conditions.episode
        return chunk

    def _reply(self, chunk: bytes) -> bytes:
        self._held.popleft()
        if self.broken or self._conditions.drops(self._marked_in):
            self.broken = True
            self._conditions.swallow(chunk)
            return b""
        self._conditions.traffic.replies += len(chunk)
        self._replies.append((asyncio.get_running_loop().time(), chunk))
        return self._translate(chunk) if self._translate else chunk


async def _read(
    source: asyncio.StreamReader,
    transit: asyncio.Queue[tuple[float, bytes]],
    seen: Callable[[bytes], object] | None,
) -> None:
    clock = asyncio.get_running_loop().time
    chunk = b"-"
    while chunk:
        try:
            chunk = await source.read(_CHUNK_BYTES)
        except OSError:
            chunk = b""
        if chunk and seen is not None:
            seen(chunk)
        await transit.put((clock(), chunk))


async def _flush(writer: asyncio.StreamWriter) -> None:
    if not writer.is_closing():  # early Pythons 3.11 cannot abort a TLS connection that was closed twice
        writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(_FLUSH_SECONDS):
            await writer.wait_closed()
