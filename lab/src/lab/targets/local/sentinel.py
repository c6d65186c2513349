"""A primary, its replica and three Sentinels, on this machine."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

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
_CLIENT, _REPLICA, _SENTINEL = "client", "replica", "sentinel"
"""Who is who to a server, so that it can turn some away while others stay; the name is the password."""
_USERS: Options = {
    "user": ["default off", *(f"{name} on >{name} ~* &* +@all" for name in (_CLIENT, _REPLICA, _SENTINEL))],
    "masteruser": _REPLICA,
    "masterauth": _REPLICA,
}
_HASTE = [word for period in ("INFO", "PING", "ASK", "PUBLISH") for word in (f"{period}-PERIOD", "200")]


class LocalSentinel(Unable):
    """A `ServerUnderTest` that survives the loss of its primary."""

    abilities = frozenset({Ability.FAILOVER, Ability.CONFIGURE})

    def __init__(self, plan: ServerPlan) -> None:
        """Describe the servers; entering starts them."""
        self._options: Options = {"repl-diskless-sync-delay": 0, **_USERS, **options(plan)}
        self._stack = AsyncExitStack()
        self._down: EmbeddedServer | None = None
        self._cut_off: EmbeddedServer | None = None
        self._parted = 0

    async def __aenter__(self) -> Self:
        """Start all and return when they know of each other."""
        primary = await self._start(_node(self._options))
        following = {**self._options, "replicaof": f"{primary.host} {primary.port}"}
        replica = await self._start(_node(following))
        self._nodes = [primary, replica]
        watch = [
            f"monitor {_NAME} {primary.host} {primary.port} {_WATCHERS // 2 + 1}",
            f"auth-user {_NAME} {_SENTINEL}",
            f"auth-pass {_NAME} {_SENTINEL}",
            f"down-after-milliseconds {_NAME} {_DOWN_AFTER_MS}",
            f"failover-timeout {_NAME} {_FAILOVER_MS}",
        ]
        self._watchers = [
            await self._start(EmbeddedServer(mode=Mode.SENTINEL, options={"sentinel": watch})) for _ in range(_WATCHERS)
        ]
        for watcher in self._watchers:
            await ask(_watching(watcher), "SENTINEL", "DEBUG", *_HASTE)
        addresses = ",".join(f"{one.host}:{one.port}" for one in self._watchers)
        settings = RedisSettings(sentinel=addresses, username=_CLIENT, password=SecretStr(_CLIENT))
        access = {"REDIS_USERNAME": _CLIENT, "REDIS_PASSWORD": _CLIENT}
        self.tested = Tested(settings, {"REDIS_SENTINEL": addresses, **access})
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

    async def fall_behind(self) -> None:
        """Let the primary turn its replica away."""
        self._cut_off = await self._primary()
        await _turn_away(self._cut_off, _REPLICA)

    async def behind(self) -> int:
        """Compare the offsets."""
        primary = await self._primary()
        return await _offset(primary) - await _offset(self._other(primary))

    async def fail_over(self) -> None:
        """Kill the primary and wait until everybody agrees on the other one."""
        self._cut_off, self._down = None, await self._primary()
        self._down.kill()
        await self._promoted(self._other(self._down))

    async def split(self) -> int:
        """Let the primary turn away its replica and the Sentinels, and wait until they agree on the other one."""
        old = self._cut_off = await self._primary()
        await _turn_away(old, _REPLICA)
        await _turn_away(old, _SENTINEL)
        await self._promoted(self._other(old))
        self._parted = await _offset(old)
        clients = (await ask(_way(old), "CLIENT", "LIST", "TYPE", "NORMAL")).decode().splitlines()
        return sum(f"user={_CLIENT} " in one and " cmd=client|list " not in one for one in clients)

    async def astray(self) -> int:
        """Ask the one that was cut off how far it went on."""
        return await _offset(self._cut_off) - self._parted if self._cut_off is not None and self._parted else 0

    async def rejoin(self) -> None:
        """Start who was killed, let in again whom the primary turned away; the Sentinels make it a replica."""
        if self._down is not None:
            await uninterrupted(self._down.restart())
            self._down = None
        if self._cut_off is not None:
            back, self._cut_off = self._cut_off, None
            for user in (_REPLICA, _SENTINEL):
                await ask(_way(back), "ACL", "SETUSER", user, "on")
            # Whom it did not let in kept a connection, which is made anew only after a while.
            await ask(_way(back), "CLIENT", "KILL", "USER", "default")
            await self._until(lambda: self._knows_its_place(back))

    async def _promoted(self, new: EmbeddedServer) -> None:
        async def agreed() -> bool:
            named = [await self._named_by(watcher) for watcher in self._watchers]
            return (await _replication(new))["role"] == "master" and set(named) == {new.port}

        await self._until(agreed)

    async def _knows_its_place(self, node: EmbeddedServer) -> bool:
        role = "master" if node is await self._primary() else "slave"
        return (await _replication(node))["role"] == role

    def _other(self, one: EmbeddedServer) -> EmbeddedServer:
        return next(node for node in self._nodes if node is not one)

    async def _start(self, server: EmbeddedServer) -> EmbeddedServer:
        self._stack.push_async_callback(server.stop)
        await uninterrupted(server.start())
        return server

    async def _primary(self) -> EmbeddedServer:
        port = await self._named_by(self._watchers[0])
        return next(node for node in self._nodes if node.port == port)

    async def _named_by(self, watcher: EmbeddedServer) -> int:
        _, port = await ask(_watching(watcher), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", _NAME)
        return int(port)

    async def _acquainted(self) -> bool:
        for watcher in self._watchers:
            others = await ask(_watching(watcher), "SENTINEL", "SENTINELS", _NAME)
            replicas = await ask(_watching(watcher), "SENTINEL", "REPLICAS", _NAME)
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


async def _turn_away(server: EmbeddedServer, user: str) -> None:
    """Close a user's connections, and take no new ones."""
    await ask(_way(server), "ACL", "SETUSER", user, "off")
    await ask(_way(server), "CLIENT", "KILL", "USER", user)


async def _offset(server: EmbeddedServer) -> int:
    info = await _replication(server)
    return int(info["slave_repl_offset"] if info["role"] == "slave" else info["master_repl_offset"])


async def _replication(server: EmbeddedServer) -> dict[str, str]:
    return facts(await ask(_way(server), "INFO", "replication"))


def _node(options: Options) -> EmbeddedServer:
    return EmbeddedServer(options=options, username=_CLIENT, password=_CLIENT)


def _way(server: EmbeddedServer) -> RedisSettings:
    return RedisSettings(host=server.host, port=server.port, username=_CLIENT, password=SecretStr(_CLIENT))


def _watching(server: EmbeddedServer) -> RedisSettings:
    return RedisSettings(host=server.host, port=server.port)
