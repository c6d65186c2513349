"""One server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from redis.asyncio import Redis

from lab.proxy import Proxy
from tests.support.node import Access, Node, running
from tests.support.topology import Topology

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lab.embedded import EmbeddedServer, Options
    from tests.support.servers import ServerBinary


@dataclass(eq=False)
class Standalone(Topology):
    """One server, which a test may also reach through a proxy that breaks connections."""

    kind: ClassVar[str] = "standalone"

    @property
    def node(self) -> Node:
        """The server and its way in."""
        return self.nodes[0]

    @property
    def server(self) -> EmbeddedServer:
        """The process, to kill, pause, resume and restart."""
        return self.node.server

    @property
    def address(self) -> dict[str, str]:
        """Host and port."""
        return {"REDIS_HOST": self.node.host, "REDIS_PORT": str(self.node.port)}

    def environment_through(self, proxy: Proxy) -> dict[str, str]:
        """Return the variables that lead through a proxy, which was made by `proxy`."""
        return self.environment | {"REDIS_PORT": str(proxy.port)}

    def proxy(self) -> Proxy:
        """Return a proxy before the server, to be entered by the test."""
        return Proxy(self.node.host, self.node.port)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Redis]:
        """Open redis-py's own client."""
        arguments = self.access.client_arguments
        async with Redis(host=self.node.host, port=self.node.port, **arguments) as client:
            yield client


@asynccontextmanager
async def run_standalone(
    binary: ServerBinary, *, access: Access | None = None, options: Options | None = None
) -> AsyncIterator[Standalone]:
    """Run one server of one's own.

    Args:
        binary: what to run.
        access: user, password, TLS; by default everyone may.
        options: further directives of its configuration, e.g. {"appendonly": "yes"}.
    """
    way_in = access or Access()
    node = Node(binary, way_in, options=options)
    async with running([node]):
        yield Standalone(binary, way_in, [node])
