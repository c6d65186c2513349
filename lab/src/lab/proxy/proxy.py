"""The proxy: an address of its own in front of a server's."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Self

from lab.common.ports import LOOPBACK, free_port
from lab.proxy.conditions import Conditions, Traffic, Translate
from lab.proxy.link import Link

if TYPE_CHECKING:
    import ssl
    from types import TracebackType


class Proxy:
    """Forwards everything until it is told otherwise; one fault at a time, `heal` ends it.

    Use it as `async with Proxy(server.host, server.port) as proxy:` and connect to `proxy.host`
    and `proxy.port`. It lives on the event loop that opened it.

    Attributes:
        host: the address, always loopback.
        port: the port, the same for its whole life, also over `cut` and `heal`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        translate: Translate | None = None,
    ) -> None:
        """Describe the proxy; nothing listens yet.

        Args:
            host: the server's address.
            port: the server's port.
            tls: makes clients speak TLS to the proxy; the server still hears plain text.
            translate: rewrites chunks of replies on their way to the client.
        """
        self.host = LOOPBACK
        self.port = 0
        self._upstream = (host, port)
        self._tls = tls
        self._translate = translate
        self._conditions = Conditions()
        self._links: dict[Link, asyncio.Task[None]] = {}
        self._listener: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        self.port = free_port()
        await self._listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything and wait until it is closed."""
        await self.cut()

    @property
    def traffic(self) -> Traffic:
        """What has passed so far."""
        return self._conditions.traffic

    @property
    def undelivered(self) -> bytes:
        """Replies that no client read, or perhaps none."""
        return b"".join(self._conditions.undelivered)

    @property
    def open_connections(self) -> int:
        """How many clients are connected now."""
        return len(self._links)

    def drop_replies(self, *, to: bytes = b"") -> None:
        """Forward requests, but throw their replies away until `heal`.

        Args:
            to: only on connections that from now on send a request with these bytes, from that
                request's reply on; other connections are not touched.
        """
        self._conditions.drop(to)

    async def dropped(self) -> None:
        """Return when the first reply was thrown away since `drop_replies`."""
        await self._conditions.dropped()

    def stall(self) -> None:
        """Let nothing pass any more: connections stay open, new ones open too, all are silent."""
        self._conditions.stall()

    def delay(self, seconds: float, jitter: float = 0.0) -> None:
        """Let each byte travel so long, in each direction, and up to `jitter` longer; the rate is not limited."""
        self._conditions.delay, self._conditions.jitter = seconds, jitter

    async def cut(self) -> None:
        """Close all connections and refuse new ones until `heal`."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self.close_connections()

    async def close_connections(self) -> None:
        """Close all connections that are open now; new ones are welcome."""
        await self._close(list(self._links))

    async def heal(self) -> None:
        """End the fault: everything is forwarded again.

        Connections that missed a reply are closed, since their next reply would answer the
        wrong request.
        """
        self._conditions.clear()
        await self._close([link for link in self._links if link.broken])
        if self._listener is None:
            await self._listen()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._accept, self.host, self.port, ssl=self._tls)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.traffic.connections += 1
        link = Link((reader, writer), self._upstream, self._conditions, self._translate)
        task = asyncio.create_task(link.run())
        self._links[link] = task
        task.add_done_callback(partial(self._ended, link, writer))

    def _ended(self, link: Link, writer: asyncio.StreamWriter, _: asyncio.Task[None]) -> None:
        del self._links[link]
        # A task that was cancelled before its first step has closed nothing.
        writer.transport.abort()

    async def _close(self, links: list[Link]) -> None:
        for link in links:
            self._conditions.undelivered += link.recent()
        tasks = [self._links[link] for link in links]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
