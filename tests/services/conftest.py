"""What tests of the services share: a server of their own, and the services as real processes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import pytest

from lab.common.ports import LOOPBACK, free_port
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.processes import Process, Processes
    from tests.support.servers import ServerBinary

QUICK = {"BLOCK": "0.2", "PUBLISH_INTERVAL": "0.05", "RETRY_DELAY": "0.05"}


@dataclass(frozen=True, slots=True)
class Probed:
    """A service whose probes can be asked."""

    process: Process
    port: int

    async def ask(self, path: str) -> tuple[int, str]:
        """Return status and body; status 0 while it does not listen."""
        url = f"http://{LOOPBACK}:{self.port}{path}"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                return response.status, await response.text()
        except aiohttp.ClientConnectionError:
            return 0, ""

    async def alive(self) -> bool:
        """Ask /livez."""
        return (await self.ask("/livez"))[0] == 200

    async def ready(self) -> bool:
        """Ask /readyz."""
        return (await self.ask("/readyz"))[0] == 200

    async def readiness(self) -> dict[str, object]:
        """Return what /readyz says."""
        text = (await self.ask("/readyz"))[1]
        return dict(json.loads(text or "{}"))


class Services:
    """Starts the services against one server."""

    def __init__(self, server: Standalone, processes: Processes) -> None:
        self.server, self._processes = server, processes

    def start(self, name: str, **settings: str) -> Process:
        """Start a service with these settings and quick ones for the rest."""
        return self._processes.start(name, environment=self._environment(settings))

    def fed(self, name: str, **settings: str) -> Process:
        """Start a service whose standard input the test writes."""
        return self._processes.start(name, environment=self._environment(settings), piped=True)

    def shell(self, command: str, **settings: str) -> Process:
        """Run a command line with these settings."""
        return self._processes.command("bash", "-c", command, environment=self._environment(settings))

    def probed(self, name: str, **settings: str) -> Probed:
        """Start a service that answers probes."""
        port = free_port()
        return Probed(self.start(name, PROBE_HOST=LOOPBACK, PROBE_PORT=str(port), **settings), port)

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        return {**self.server.environment, **QUICK, **settings}


@pytest.fixture
async def server(embedded_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server that nobody else uses."""
    async with run_standalone(embedded_binary) as own:
        yield own


@pytest.fixture
def services(server: Standalone, processes: Processes) -> Services:
    """Start services against the server."""
    return Services(server, processes)
