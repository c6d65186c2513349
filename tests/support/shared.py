"""The topologies that a whole session shares, one of each kind for each server."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self, TypeVar

from tests.support.cluster import ClusterTopology, run_cluster
from tests.support.sentinel import SentinelTopology, run_sentinel
from tests.support.standalone import Standalone, run_standalone
from tests.support.topology import Topology

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from tests.support.servers import ServerBinary

T = TypeVar("T", bound=Topology)

# A primary shall not be replaced because the machine was busy for a moment.
_DOWN_AFTER = 10.0


class SharedTopologies:
    """Starts a topology when it is first asked for, and ends all of them together."""

    def __init__(self, binary: ServerBinary) -> None:
        """Use this server for all of them."""
        self._binary = binary
        self._running: dict[type[Topology], Topology] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all of them."""
        await self._stack.aclose()

    @property
    def pids(self) -> set[int]:
        """The processes of all of them, as they are now."""
        return {pid for topology in self._running.values() for pid in topology.pids}

    async def standalone(self) -> Standalone:
        """Return one server."""
        return await self._started(Standalone, run_standalone(self._binary))

    async def sentinel(self) -> SentinelTopology:
        """Return a primary, its replica and three Sentinels."""
        run = run_sentinel(self._binary, down_after=_DOWN_AFTER)
        return await self._started(SentinelTopology, run)

    async def cluster(self) -> ClusterTopology:
        """Return a cluster of three primaries."""
        return await self._started(ClusterTopology, run_cluster(self._binary))

    async def of_kind(self, kind: str) -> Topology:
        """Return the one of that kind: standalone, sentinel or cluster."""
        match kind:
            case Standalone.kind:
                return await self.standalone()
            case SentinelTopology.kind:
                return await self.sentinel()
            case ClusterTopology.kind:
                return await self.cluster()
        raise ValueError(kind)

    async def _started(self, kind: type[T], run: AbstractAsyncContextManager[T]) -> T:
        running = self._running.get(kind)
        if not isinstance(running, kind):
            running = await self._stack.enter_async_context(run)
            self._running[kind] = running
        return running
