"""Whatever deletes more than a test's own keys asks first whose server it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redis.asyncio import Redis

    from lab.embedded import EmbeddedServer
    from tests.support.topology import Topology


class ForeignServerError(AssertionError):
    """The server was not started by these tests, so it is not theirs to empty."""


async def require_own(client: Redis, servers: Iterable[EmbeddedServer]) -> None:
    """Return only when the client talks to one of these servers, in its present life.

    Raises:
        ForeignServerError: its run id is none of theirs.
    """
    run_id = (await client.info("server"))["run_id"]
    if run_id not in {server.run_id for server in servers}:
        msg = f"the server with run_id {run_id} was not started here: it is left alone"
        raise ForeignServerError(msg)


async def flush(topology: Topology) -> None:
    """Empty every primary of the topology: the only way in which tests delete foreign keys.

    Raises:
        ForeignServerError: another server answers in its place.
    """
    servers = [node.server for node in topology.nodes]
    for node in topology.nodes:
        async with node.client() as client:
            await require_own(client, servers)
            if (await client.info("replication"))["role"] == "master":
                await client.flushall()
