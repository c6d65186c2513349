"""A primary, its replica and the Sentinels that watch them."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from lab.embedded import Mode
from lab.embedded.configuration import quoted
from tests.support.eventually import eventually
from tests.support.node import Access, Node, running
from tests.support.topology import Topology

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lab.embedded import Options
    from lab.proxy import Translate
    from tests.support.servers import ServerBinary

PRIMARY_NAME = "mymaster"
_SETTLED_SECONDS = 30.0
_FAILOVER_TIMEOUT_MS = 3_000
# Sentinels talk to each other and look at the servers every few seconds; tests cannot wait so long.
_PERIODS = ("INFO-PERIOD", "PING-PERIOD", "ASK-PERIOD", "PUBLISH-PERIOD")
_HASTE = [word for period in _PERIODS for word in (period, "200")]


@dataclass(eq=False)
class SentinelTopology(Topology):
    """Two servers that hold the data, of which one is the primary, and their Sentinels.

    Attributes:
        sentinels: the watchers.
    """

    kind: ClassVar[str] = "sentinel"
    sentinels: list[Node] = field(default_factory=list)

    @property
    def all_nodes(self) -> list[Node]:
        """Data nodes and Sentinels."""
        return [*self.nodes, *self.sentinels]

    @property
    def address(self) -> dict[str, str]:
        """The Sentinels and the name of what they watch; their access is the servers' own."""
        variables = {
            "REDIS_SENTINEL": ",".join(f"{node.host}:{node.port}" for node in self.sentinels),
            "REDIS_SENTINEL_MASTER": PRIMARY_NAME,
            "REDIS_SENTINEL_USERNAME": self.access.username,
            "REDIS_SENTINEL_PASSWORD": self.access.password,
        }
        return {name: text for name, text in variables.items() if text is not None}

    async def primary(self) -> Node:
        """Return the node that the first Sentinel calls the primary."""
        _, port = await self.sentinels[0].execute("SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY_NAME)
        return next(node for node in self.nodes if node.server.port == int(port))

    async def failover(self, *, timeout: float = _SETTLED_SECONDS) -> Node:
        """Kill the primary, wait until the replica has taken over everywhere, and return it.

        The killed one stays down until `rejoin`.

        Args:
            timeout: how long it may take, in seconds.
        """
        old = await self.primary()
        old.server.kill()
        return await self.taken_over(old, timeout=timeout)

    async def taken_over(self, old: Node, *, timeout: float = _SETTLED_SECONDS) -> Node:
        """Wait until another node than `old` is the primary for all Sentinels, and return it."""
        new = next(node for node in self.nodes if node is not old)

        async def everybody_says_so() -> bool:
            if (await new.info("replication"))["role"] != "master":
                return False
            named = [await each.execute("SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY_NAME) for each in self.sentinels]
            return all(int(port) == new.server.port for _, port in named)

        await eventually(everybody_says_so, timeout=timeout, what="the failover")
        return new

    async def rejoin(self, node: Node, *, timeout: float = _SETTLED_SECONDS) -> None:
        """Start a killed node again and wait until it follows the primary."""
        await node.server.restart()
        await eventually(lambda: _follows(node), timeout=timeout, what="the replica", ignoring=_NOT_YET)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Redis]:
        """Open redis-py's own client to the present primary."""
        node = await self.primary()
        arguments = self.access.client_arguments
        async with Redis(host=node.host, port=node.port, **arguments) as client:
            yield client


@asynccontextmanager
async def run_sentinel(
    binary: ServerBinary,
    *,
    access: Access | None = None,
    options: Options | None = None,
    sentinels: int = 3,
    down_after: float = 0.5,
) -> AsyncIterator[SentinelTopology]:
    """Run a primary, a replica and their Sentinels, and return when all know of each other.

    Args:
        binary: what to run.
        access: user, password, TLS; the Sentinels ask for the same.
        options: further directives of the two servers' configuration.
        sentinels: how many watch; the majority decides.
        down_after: how long the primary must be silent to be replaced, in seconds.
    """
    way_in = access or Access()
    common = {"repl-diskless-sync-delay": 0, **_replica_login(way_in), **(options or {})}
    primary = Node(binary, way_in, options=common)
    async with running([primary]):
        following = f"{primary.host} {primary.server.port}"
        replica = Node(binary, way_in, options={**common, "replicaof": following})
        async with running([replica]):
            await eventually(lambda: _follows(replica), what="the replica's first copy")
            watch = _watch(primary, way_in, sentinels // 2 + 1, down_after)
            told = _told_ports([primary, replica])
            watchers = [
                Node(binary, way_in, mode=Mode.SENTINEL, options=watch, translate=told) for _ in range(sentinels)
            ]
            async with running(watchers):
                for watcher in watchers:
                    await watcher.execute("SENTINEL", "DEBUG", *_HASTE)
                await eventually(
                    lambda: _all_acquainted(watchers),
                    timeout=_SETTLED_SECONDS,
                    what="the Sentinels' acquaintance",
                )
                yield SentinelTopology(binary, way_in, [primary, replica], watchers)


_NOT_YET = RedisConnectionError


def _replica_login(access: Access) -> Options:
    if access.password is None:
        return {}
    user = {"masteruser": access.username} if access.username else {}
    return {**user, "masterauth": quoted(access.password)}


def _watch(primary: Node, access: Access, quorum: int, down_after: float) -> Options:
    lines = [
        f"monitor {PRIMARY_NAME} {primary.host} {primary.server.port} {quorum}",
        f"down-after-milliseconds {PRIMARY_NAME} {round(down_after * 1000)}",
        f"failover-timeout {PRIMARY_NAME} {_FAILOVER_TIMEOUT_MS}",
    ]
    if access.password is not None:
        if access.username is not None:
            lines.append(f"auth-user {PRIMARY_NAME} {access.username}")
            lines.append(f"sentinel-user {access.username}")
        lines.append(f"auth-pass {PRIMARY_NAME} {quoted(access.password)}")
        lines.append(f"sentinel-pass {quoted(access.password)}")
    return {"sentinel": lines}


def _told_ports(nodes: list[Node]) -> Translate:
    """Make Sentinels tell the ports of the nodes' TLS proxies; all ports have five digits."""
    ports = {b"%d" % node.server.port: b"%d" % node.port for node in nodes}
    real = re.compile(b"|".join(ports))
    return lambda chunk: real.sub(lambda match: ports[match[0]], chunk)


async def _follows(replica: Node) -> bool:
    facts = await replica.info("replication")
    return (facts["role"], facts.get("master_link_status")) == ("slave", "up")


async def _all_acquainted(watchers: list[Node]) -> bool:
    for watcher in watchers:
        replicas = await watcher.execute("SENTINEL", "REPLICAS", PRIMARY_NAME)
        others = await watcher.execute("SENTINEL", "SENTINELS", PRIMARY_NAME)
        if [each[b"flags"] for each in replicas] != [b"slave"]:
            return False
        if [each[b"flags"] for each in others] != [b"sentinel"] * (len(watchers) - 1):
            return False
    return True
