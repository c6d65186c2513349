"""A Redis Cluster of three primaries without replicas."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, ClassVar

from redis.asyncio import RedisCluster

from lab.embedded import Mode
from tests.support.eventually import eventually
from tests.support.node import Access, Node, running
from tests.support.topology import Topology

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lab.embedded import Options
    from tests.support.servers import ServerBinary

_NODES = 3
_SLOTS = 16_384
_NODE_TIMEOUT_MS = 5_000
_FORMED_SECONDS = 30.0


@dataclass(eq=False)
class ClusterTopology(Topology):
    """Three primaries, each with a third of the slots."""

    kind: ClassVar[str] = "cluster"

    @property
    def address(self) -> dict[str, str]:
        """One node, which tells the others."""
        first = self.nodes[0]
        return {
            "REDIS_HOST": first.host,
            "REDIS_PORT": str(first.port),
            "REDIS_CLUSTER": "true",
        }

    async def owner(self, key: str) -> Node:
        """Return the node that holds the key's slot."""
        slot = int(await self.nodes[0].execute("CLUSTER", "KEYSLOT", key))
        for node, (first, last) in zip(self.nodes, _shares(), strict=True):
            if first <= slot <= last:
                return node
        raise AssertionError(slot)

    async def formed(self) -> None:
        """Wait until every node sees every slot served, e.g. after a restart."""
        await eventually(lambda: _formed(self.nodes), timeout=_FORMED_SECONDS, what="the cluster's forming")

    @asynccontextmanager
    async def client(self) -> AsyncIterator[RedisCluster]:
        """Open redis-py's own client of clusters."""
        first = self.nodes[0]
        arguments = self.access.client_arguments
        async with RedisCluster(host=first.host, port=first.port, **arguments) as client:
            yield client


@asynccontextmanager
async def run_cluster(
    binary: ServerBinary, *, access: Access | None = None, options: Options | None = None
) -> AsyncIterator[ClusterTopology]:
    """Run three primaries and return when each of them sees the whole cluster.

    Args:
        binary: what to run.
        access: user, password, TLS; by default everyone may.
        options: further directives of the nodes' configuration.
    """
    way_in = access or Access()
    common: Options = {"cluster-node-timeout": _NODE_TIMEOUT_MS, **(options or {})}
    nodes = [Node(binary, way_in, mode=Mode.CLUSTER, options=common) for _ in range(_NODES)]
    async with running(nodes):
        await _form(nodes)
        topology = ClusterTopology(binary, way_in, nodes)
        await topology.formed()
        yield topology


def _shares() -> list[tuple[int, int]]:
    edges = [_SLOTS * index // _NODES for index in range(_NODES + 1)]
    return [(first, last - 1) for first, last in pairwise(edges)]


async def _form(nodes: list[Node]) -> None:
    for epoch, (node, share) in enumerate(zip(nodes, _shares(), strict=True), start=1):
        await node.execute("CLUSTER", "SET-CONFIG-EPOCH", epoch)
        await node.execute("CLUSTER", "ADDSLOTSRANGE", *share)
        if node.port != node.server.port:
            await node.execute("CONFIG", "SET", "cluster-announce-port", node.port)
    # Each meets each: gossip alone would take seconds.
    for one, other in permutations(nodes, 2):
        await one.execute("CLUSTER", "MEET", other.host, other.server.port, other.server.bus_port)


async def _formed(nodes: list[Node]) -> bool:
    for node in nodes:
        facts = _facts(await node.execute("CLUSTER", "INFO"))
        if facts["cluster_state"] != "ok" or facts["cluster_known_nodes"] != str(_NODES):
            return False
    return True


def _facts(info: bytes | dict[str, str]) -> dict[str, str]:
    if isinstance(info, dict):
        return info
    return dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
