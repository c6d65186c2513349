"""What the three topologies have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from messaging.transport.settings import RedisSettings

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from redis.asyncio import Redis, RedisCluster

    from tests.support.node import Access, Node
    from tests.support.servers import ServerBinary


@dataclass(eq=False)
class Topology(ABC):
    """Running servers that a user's settings can point at.

    Attributes:
        binary: what they run.
        access: how clients get in.
        nodes: those that hold data.
    """

    kind: ClassVar[str]
    binary: ServerBinary
    access: Access
    nodes: list[Node] = field(default_factory=list)

    @property
    @abstractmethod
    def address(self) -> dict[str, str]:
        """Those REDIS_* variables that say where the servers are."""

    @abstractmethod
    def client(self) -> AbstractAsyncContextManager[Redis | RedisCluster]:
        """Open redis-py's own client, on the way that a user takes, to look at what is stored."""

    @property
    def environment(self) -> dict[str, str]:
        """The REDIS_* variables with which both services reach the servers."""
        return self.address | _access_variables(self.access)

    @property
    def settings(self) -> RedisSettings:
        """The same for code that takes settings."""
        return RedisSettings.model_validate(
            {name.removeprefix("REDIS_").lower(): text for name, text in self.environment.items()}
        )

    @property
    def all_nodes(self) -> list[Node]:
        """Every server of the topology, also one that holds no data."""
        return self.nodes

    @property
    def pids(self) -> set[int]:
        """The process ids of all servers."""
        return {node.server.pid for node in self.all_nodes}


def _access_variables(access: Access) -> dict[str, str]:
    variables = {
        "REDIS_USERNAME": access.username,
        "REDIS_PASSWORD": access.password,
    }
    if (files := access.certificates) is not None:
        variables |= {
            "REDIS_TLS": "true",
            "REDIS_TLS_CA": str(files.ca),
            "REDIS_TLS_CERT": str(files.client),
            "REDIS_TLS_KEY": str(files.client_key),
        }
    return {name: text for name, text in variables.items() if text is not None}
