"""Links to real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lab.proxy import Proxy
from messaging.transport.connection import topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings


@asynccontextmanager
async def link_to(
    settings: RedisSettings, key: str, timeout: float = 5.0, connect_timeout: float = 5.0
) -> AsyncIterator[Link]:
    """Open a link to the server that holds a key."""
    link = Link(topology(settings), key, timeout, connect_timeout)
    try:
        yield link
    finally:
        await link.aclose()


def through(settings: RedisSettings, proxy: Proxy) -> RedisSettings:
    """Return the settings with the proxy in place of its server."""
    return settings.model_copy(update={"host": proxy.host, "port": proxy.port})
