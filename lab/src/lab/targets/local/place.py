"""This machine as a place for a run."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from lab.common.uninterrupted import uninterrupted
from lab.embedded import EmbeddedServer
from lab.place.crew import Crew
from lab.place.ledger_server import LedgerServer
from lab.place.place import Place
from lab.place.server import ServerUnderTest, UserServer
from lab.place.site import Site
from lab.place.tested import own_server
from lab.scenario.model import Scenario
from lab.targets.local.commands import commands
from lab.targets.local.crew import LocalCrew
from lab.targets.local.sentinel import LocalSentinel
from lab.targets.local.server import LocalServer
from lab.targets.local.target import LocalTarget
from messaging.transport.settings import RedisSettings


@asynccontextmanager
async def local(
    scenario: Scenario, _run: str, site: Site, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Place]:
    """Run on this machine; on the user's own server where the environment names one.

    Raises:
        RefusedError: the site names a command that cannot be used.
        SettingsError: the environment names a server that cannot be used.
        ServerStartError: a server of the lab's own did not start.
    """
    started_by = await asyncio.to_thread(commands, site)  # it looks for the programs
    async with AsyncExitStack() as stack:
        server = await _server(stack, scenario, environ)
        own = EmbeddedServer()
        stack.push_async_callback(own.stop)
        await uninterrupted(own.start())
        ledger = LedgerServer.beside(RedisSettings(host=own.host, port=own.port))
        target = await stack.enter_async_context(LocalTarget(commands=started_by))

        def crew(environment: Mapping[str, str], wanted: int, restart_seconds: float) -> Crew:
            return LocalCrew(target, environment, wanted, restart_seconds)

        yield Place("local", server, ledger, target, crew)


async def _server(stack: AsyncExitStack, scenario: Scenario, environ: Mapping[str, str]) -> ServerUnderTest:
    own = own_server(environ)
    if own is not None:
        return UserServer(own)
    if scenario.server.topology == "sentinel":
        return await stack.enter_async_context(LocalSentinel(scenario.server))
    return await stack.enter_async_context(LocalServer(scenario.server, proxied=scenario.needs_proxy))
