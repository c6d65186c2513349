"""Where a run takes place: the server under test, the ledger's, and the target, all of one kind."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from lab.crew import Crew
from lab.embedded import EmbeddedServer
from lab.experiment import LedgerServer
from lab.scenario import Scenario
from lab.server import ServerUnderTest, UserServer
from lab.site import Site
from lab.target import Target
from lab.targets.local import LocalTarget
from lab.targets.local_crew import LocalCrew
from lab.targets.local_sentinel import LocalSentinel
from lab.targets.local_server import LocalServer
from lab.tested import own_server
from lab.uninterrupted import uninterrupted
from messaging.settings.redis import RedisSettings

CrewMaker = Callable[[Mapping[str, str], int, float], Crew]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run takes place.

    Attributes:
        name: the target's name.
        server: the server under test.
        ledger: the ledger's server.
        target: runs the services.
        crew: makes who keeps the subscribers alive, from their settings, how many there shall be, and
            after how many seconds a dead one is replaced (where the place leaves that to us).
        versions: of what the place itself is made of.
    """

    name: str
    server: ServerUnderTest
    ledger: LedgerServer
    target: Target
    crew: CrewMaker
    versions: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def local(
    scenario: Scenario, _run: str, _site: Site, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Place]:
    """Run on this machine; on the user's own server where the environment names one.

    Raises:
        SettingsError: it names one that cannot be used.
        ServerStartError: a server of the lab's own did not start.
    """
    async with AsyncExitStack() as stack:
        server = await _server(stack, scenario, environ)
        own = EmbeddedServer()
        stack.push_async_callback(own.stop)
        await uninterrupted(own.start())
        ledger = LedgerServer.beside(RedisSettings(host=own.host, port=own.port))
        target = await stack.enter_async_context(LocalTarget())

        def crew(environment: Mapping[str, str], wanted: int, restart_seconds: float) -> Crew:
            return LocalCrew(target, environment, wanted, restart_seconds)

        yield Place("local", server, ledger, target, crew)


def kubernetes(scenario: Scenario, run: str, site: Site) -> AbstractAsyncContextManager[Place]:
    """Run on KUBECONFIG's cluster; see `lab.targets.kubernetes.place`."""
    from lab.targets.kubernetes.place import kubernetes as make  # noqa: PLC0415 - its client takes a second to import

    return make(scenario, run, site)


async def _server(stack: AsyncExitStack, scenario: Scenario, environ: Mapping[str, str]) -> ServerUnderTest:
    own = own_server(environ)
    if own is not None:
        return UserServer(own)
    if scenario.server.topology == "sentinel":
        return await stack.enter_async_context(LocalSentinel(scenario.server))
    return await stack.enter_async_context(LocalServer(scenario.server, proxied=scenario.needs_proxy))


PLACES: dict[str, Callable[[Scenario, str, Site], AbstractAsyncContextManager[Place]]] = {
    "local": local,
    "kubernetes": kubernetes,
}
"""What makes a place, by the target's name."""
SLACK = {"local": 0.0, "kubernetes": 180.0}
"""How much longer each phase may take there, in seconds: pods come and go slower than processes."""
