"""Requests that reach the server, and replies that never come back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, Self

from lab.proxy import Proxy
from messaging import RedisSettings
from tests.support.standalone import Standalone

PATIENCE = 0.4
"""How long those who go through it wait for an answer, in seconds."""


class Silence(Protocol):
    """One way to lose replies.

    Attributes:
        settings: how to reach the server so that its replies can be lost.
    """

    settings: RedisSettings

    async def begin(self) -> None:
        """Let no reply through from now on."""

    async def end(self) -> None:
        """Return when what was requested meanwhile is carried out, or is about to be, and replies come again."""


class FrozenServer:
    """SIGSTOP: the request waits in the server's socket, and is carried out after SIGCONT."""

    def __init__(self, server: Standalone) -> None:
        """Freeze this server."""
        self._server = server
        self.settings = server.settings.model_copy(update={"timeout": PATIENCE, "connect_timeout": PATIENCE})

    async def __aenter__(self) -> Self:
        """Prepare nothing."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Never leave it frozen."""
        self._server.server.resume()

    async def begin(self) -> None:
        """Freeze it."""
        self._server.server.pause()

    async def end(self) -> None:
        """Let it go on."""
        self._server.server.resume()


class DroppedReplies:
    """A proxy that forwards the request and throws the reply away."""

    def __init__(self, server: Standalone) -> None:
        """Stand before this server."""
        self._proxy: Proxy = server.proxy()
        self._server = server

    async def __aenter__(self) -> Self:
        """Open the proxy."""
        await self._proxy.__aenter__()
        self.settings = self._server.settings.model_copy(
            update={"port": self._proxy.port, "timeout": PATIENCE, "connect_timeout": PATIENCE}
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the proxy."""
        await self._proxy.__aexit__(None, None, None)

    async def begin(self) -> None:
        """Throw replies away."""
        self._proxy.drop_replies()

    async def end(self) -> None:
        """Forward them again, after one was thrown away."""
        await self._proxy.dropped()
        await self._proxy.heal()


@asynccontextmanager
async def silent(way: Silence) -> AsyncIterator[None]:
    """Lose every reply while in here."""
    await way.begin()
    try:
        yield
    finally:
        await way.end()
