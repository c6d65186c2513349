"""Where a run takes place: the server under test, the ledger's, and the target, all of one kind."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from lab.embedded import EmbeddedServer
from lab.scenario import Scenario
from lab.server import ServerUnderTest, UserServer
from lab.target import Target
from lab.targets.local import LocalTarget
from lab.targets.local_sentinel import LocalSentinel
from lab.targets.local_server import LocalServer
from lab.tested import own_server
from lab.uninterrupted import uninterrupted
from messaging.settings.redis import RedisSettings


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run takes place.

    Attributes:
        name: the target's name.
        server: the server under test.
        ledger: the ledger's server.
        target: runs the services.
    """

    name: str
    server: ServerUnderTest
    ledger: RedisSettings
    target: Target


@asynccontextmanager
async def local(scenario: Scenario, environ: Mapping[str, str] = os.environ) -> AsyncIterator[Place]:
    """Run on this machine; on the user's own server where the environment names one.

    Raises:
        SettingsError: it names one that cannot be used.
        ServerStartError: a server of the lab's own did not start.
    """
    async with AsyncExitStack() as stack:
        server = await _server(stack, scenario, environ)
        ledger = EmbeddedServer()
        stack.push_async_callback(ledger.stop)
        await uninterrupted(ledger.start())
        target = await stack.enter_async_context(LocalTarget())
        yield Place("local", server, RedisSettings(host=ledger.host, port=ledger.port), target)


async def _server(stack: AsyncExitStack, scenario: Scenario, environ: Mapping[str, str]) -> ServerUnderTest:
    own = own_server(environ)
    if own is not None:
        return UserServer(own)
    if scenario.server.topology == "sentinel":
        return await stack.enter_async_context(LocalSentinel(scenario.server))
    return await stack.enter_async_context(LocalServer(scenario.server, proxied=scenario.needs_proxy))


PLACES: dict[str, Callable[[Scenario], AbstractAsyncContextManager[Place]]] = {"local": local}
"""What makes a place, by the target's name."""
