"""A server of the lab's own, on this machine, behind a proxy where the network is to break."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from lab.common.uninterrupted import uninterrupted
from lab.embedded import EmbeddedServer, Options
from lab.place.server import Ability, answers, ask
from lab.place.tested import Tested
from lab.proxy import Proxy
from lab.scenario.model import ServerPlan
from lab.targets.local import disk
from messaging.transport.settings import RedisSettings


def options(plan: ServerPlan) -> Options:
    """Return the directives that a plan asks for."""
    durable: Options = {"appendonly": "yes", "appendfsync": plan.append_only}
    return {**(durable if plan.append_only != "none" else {}), **plan.options}


class LocalServer:
    """One embedded server; a `ServerUnderTest`."""

    def __init__(self, plan: ServerPlan, *, proxied: bool) -> None:
        """Describe it; entering starts it."""
        further = {Ability.NETWORK: proxied, Ability.DISK: plan.append_only != "none" and disk.CAN_WATCH}
        self.abilities = frozenset(
            {Ability.SERVER, Ability.CONFIGURE, *(ability for ability, has in further.items() if has)}
        )
        self._always = plan.append_only == "always"
        self._server = EmbeddedServer(options=options(plan))
        self._proxied = proxied
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start it, and the proxy before it."""
        self._stack.push_async_callback(self._server.stop)
        await uninterrupted(self._server.start())
        port = self._server.port
        if self._proxied:
            self._proxy = await self._stack.enter_async_context(Proxy(self._server.host, port))
            port = self._proxy.port
        self._direct = RedisSettings(host=self._server.host, port=self._server.port)
        settings = RedisSettings(host=self._server.host, port=port)
        self.tested = Tested(settings, {"REDIS_HOST": settings.host, "REDIS_PORT": str(port)})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both."""
        await self._stack.aclose()

    async def identity(self) -> str:
        """Return its run id."""
        return self._server.run_id

    async def answers(self) -> bool:
        """Ask PING, through the proxy."""
        return await answers(self.tested.settings)

    async def ask(self, *command: str | int) -> Any:  # noqa: ANN401 - a reply is what the server says
        """Run one command, past the proxy."""
        return await ask(self._direct, *command)

    async def kill(self) -> None:
        """Send SIGKILL."""
        self._server.kill()

    async def restart(self) -> None:
        """Start it again on the same port, with the same directory."""
        await uninterrupted(self._server.restart())

    async def lose_power(self) -> int:
        """Kill it late after an fsync, and cut what came after that from its file; with `always` nothing does."""
        if self._always:
            self._server.kill()
            return 0
        return await asyncio.to_thread(disk.die_late, self._server)

    async def pause(self) -> None:
        """Send SIGSTOP."""
        self._server.pause()

    async def resume(self) -> None:
        """Send SIGCONT."""
        self._server.resume()

    async def cut(self) -> None:
        """Close the proxy."""
        await self._proxy.cut()

    async def stall(self) -> None:
        """Let the proxy hold everything."""
        self._proxy.stall()

    async def slow(self, delay: float, jitter: float) -> None:
        """Let the proxy take its time."""
        self._proxy.delay(delay, jitter)

    async def drop_replies(self, to: bytes = b"") -> None:
        """Let the proxy swallow replies."""
        self._proxy.drop_replies(to=to)

    async def dropped(self) -> None:
        """Ask the proxy."""
        await self._proxy.dropped()

    @property
    def swallowed(self) -> int:
        """Ask the proxy's counter."""
        return self._proxy.traffic.swallowed if self._proxied else 0

    @property
    def undelivered(self) -> bytes:
        """Ask the proxy."""
        return self._proxy.undelivered if self._proxied else b""

    async def heal(self) -> None:
        """Open the proxy."""
        await self._proxy.heal()

    async def fail_over(self) -> None:
        """Refuse: there is nobody to take over."""
        raise NotImplementedError

    fall_behind = rejoin = fail_over

    async def behind(self) -> int:
        """Refuse: there is no replica."""
        raise NotImplementedError

    split = astray = behind
