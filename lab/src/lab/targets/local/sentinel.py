"""A primary, its replica and three Sentinels, on this machine."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from lab.common.uninterrupted import uninterrupted
from lab.embedded import EmbeddedServer, Mode, Options
from lab.place.server import Ability, Unable, answers, ask, facts
from lab.place.tested import Tested
from lab.scenario.model import ServerPlan
from lab.targets.local.server import options
from messaging.seam.errors import MessagingError
from messaging.transport.settings import RedisSettings

_NAME = "mymaster"
_WATCHERS = 3
_DOWN_AFTER_MS, _FAILOVER_MS = 500, 3000
_PATIENCE, _POLL = 30.0, 0.1
# Sentinels talk to each other and look at the servers every few seconds; nobody wants to watch that.
_HASTE = [word for period in ("INFO", "PING", "ASK", "PUBLISH") for word in (f"{period}-PERIOD", "200")]


class LocalSentinel(Unable):
    """A `ServerUnderTest` that survives the loss of its primary."""

    abilities = frozenset({Ability.FAILOVER, Ability.CONFIGURE})

    def __init__(self, plan: ServerPlan) -> None:
        """Describe the servers; entering starts them."""
        self._options: Options = {"repl-diskless-sync-delay": 0, **options(plan)}
        self._stack = AsyncExitStack()
        self._down: EmbeddedServer | None = None

    async def __aenter__(self) -> Self:
        """Start all and return when they know of each other."""
        primary = await self._start(EmbeddedServer(options=self._options))
        following = {**self._options, "replicaof": f"{primary.host} {primary.port}"}
        replica = await self._start(EmbeddedServer(options=following))
        self._nodes = [primary, replica]
        watch = [
            f"monitor {_NAME} {primary.host} {primary.port} {_WATCHERS // 2 + 1}",
            f"down-after-milliseconds {_NAME} {_DOWN_AFTER_MS}",
            f"failover-timeout {_NAME} {_FAILOVER_MS}",
        ]
        self._watchers = [
            await self._start(EmbeddedServer(mode=Mode.SENTINEL, options={"sentinel": watch})) for _ in range(_WATCHERS)
        ]
        for watcher in self._watchers:
            await ask(_way(watcher), "SENTINEL", "DEBUG", *_HASTE)
        addresses = ",".join(f"{one.host}:{one.port}" for one in self._watchers)
        self.tested = Tested(RedisSettings(sentinel=addresses), {"REDIS_SENTINEL": addresses})
        await self._until(self._acquainted)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all."""
        await self._stack.aclose()

    async def identity(self) -> str:
        """Return the run id of the present primary."""
        return (await self._primary()).run_id

    async def answers(self) -> bool:
        """Ask the primary PING, by way of the Sentinels."""
        return await answers(self.tested.settings)

    async def ask(self, *command: str | int) -> Any:  # noqa: ANN401 - a reply is what the server says
        """Run one command on the primary."""
        return await ask(_way(await self._primary()), *command)

    async def fail_over(self) -> None:
        """Kill the primary and wait until everybody agrees on the other one."""
        old = self._down = await self._primary()
        old.kill()
        new = next(node for node in self._nodes if node is not old)

        async def agreed() -> bool:
            info = facts(await ask(_way(new), "INFO", "replication"))
            named = [await self._named_by(watcher) for watcher in self._watchers]
            return info["role"] == "master" and set(named) == {new.port}

        await self._until(agreed)

    async def rejoin(self) -> None:
        """Start the killed one again; the Sentinels make it a replica."""
        if self._down is not None:
            await uninterrupted(self._down.restart())
            self._down = None

    async def _start(self, server: EmbeddedServer) -> EmbeddedServer:
        self._stack.push_async_callback(server.stop)
        await uninterrupted(server.start())
        return server

    async def _primary(self) -> EmbeddedServer:
        port = await self._named_by(self._watchers[0])
        return next(node for node in self._nodes if node.port == port)

    async def _named_by(self, watcher: EmbeddedServer) -> int:
        _, port = await ask(_way(watcher), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", _NAME)
        return int(port)

    async def _acquainted(self) -> bool:
        for watcher in self._watchers:
            others = await ask(_way(watcher), "SENTINEL", "SENTINELS", _NAME)
            replicas = await ask(_way(watcher), "SENTINEL", "REPLICAS", _NAME)
            flags = [dict(zip(one[::2], one[1::2], strict=True))[b"flags"] for one in (*replicas, *others)]
            if flags != [b"slave", *[b"sentinel"] * (_WATCHERS - 1)]:
                return False
        return True

    async def _until(self, condition: Any) -> None:  # noqa: ANN401 - an async predicate
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    if await condition():
                        return
                except MessagingError:
                    pass  # one that is starting or taking over
                await asyncio.sleep(_POLL)


def _way(server: EmbeddedServer) -> RedisSettings:
    return RedisSettings(host=server.host, port=server.port)
