"""Something to look at: five patterns on an embedded server, with subscribers that can be scaled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from lab.common.uninterrupted import uninterrupted
from lab.embedded import EmbeddedServer
from lab.page.scaling import ScaleError
from lab.place.target import TargetError
from lab.place.tested import Tested, embedded
from lab.targets.local.target import LocalTarget
from lab.watch.replicas import MESSAGES, CrowdError, Group, pages_of, said
from messaging.seam import keys
from messaging.settings.common import CommonSettings
from messaging.transport.connection import topology
from messaging.transport.link import Link

_PUBLISHER = {"PUBLISH_RATE": "40", "PUBLISH_BATCH": "1"}
_SUBSCRIBER = {"BLOCK": "0.5", "PROBE_TEXT": "80"}
_FIRST, _MOST, _READY = 2, 12, 30.0
_BAD = b"no message, but a dead letter that can be sent again"


class Demo:
    """A crowd of local processes, and who scales them."""

    def __init__(self, target: LocalTarget, server: Tested) -> None:
        """Prepare.

        Args:
            target: runs them.
            server: what they talk over.
        """
        self._target, self._server = target, server
        self._common = {**server.variables, "PATTERN": "all"}
        self._one_at_a_time = asyncio.Lock()
        self._wanted = _FIRST

    async def begin(self) -> None:
        """Start the first ones. Raises TargetError."""
        await self._resize(self._wanted)
        await self._target.wait_ready("subscriber", _READY)
        await self._send_bad()
        await self._target.start("publisher", {**self._common, **_PUBLISHER})

    async def pages(self) -> Mapping[str, str]:
        """Ask each that lives."""
        roles = ("publisher", "subscriber")
        living = [replica for role in roles for replica in self._target.replicas(role)]  # type: ignore[arg-type]
        if found := await pages_of({replica.name: self._target.address(replica) for replica in living}):
            return found
        raise CrowdError("no process of the demo answers")

    async def messages(self, who: str) -> str:
        """Ask it."""
        places = [self._target.address(one) for one in self._target.replicas("subscriber") if one.name == who]
        return (await said(places[0], MESSAGES) if places else None) or "[]"

    async def groups(self) -> Mapping[str, Group]:
        """Return the subscribers; nobody rolls them out."""
        there = len(self._target.replicas("subscriber"))
        return {"subscriber": Group("subscriber", "", self._wanted, there == self._wanted)}

    async def allowed(self) -> bool:
        """They are ours."""
        return True

    async def scale(self, replicas: int) -> None:
        """Start some, or end the youngest in good order."""
        if replicas > _MOST:
            raise ScaleError(f"{replicas} subscribers are too many for one machine: give {_MOST} at most")
        try:
            await self._resize(replicas)
        except TargetError as error:
            raise ScaleError(str(error)) from error

    async def _send_bad(self) -> None:
        """Send what is no message, for a dead letter to look at."""
        settings = self._server.settings
        link = Link(topology(settings), keys.RELIABLE_QUEUE, settings.timeout, settings.connect_timeout)
        try:
            await link.one(("RPUSH", keys.RELIABLE_QUEUE, _BAD))
        finally:
            await link.aclose()

    async def _resize(self, replicas: int) -> None:
        async with self._one_at_a_time:
            self._wanted = replicas
            living = self._target.replicas("subscriber")
            if replicas > len(living):
                environment = {**self._common, **_SUBSCRIBER}
                await self._target.start("subscriber", environment, replicas - len(living))
            await asyncio.gather(*(self._target.retire(one) for one in living[replicas:]))


@asynccontextmanager
async def demo() -> AsyncIterator[tuple[Demo, CommonSettings]]:
    """Run it while the context lasts; nothing is left behind.

    Raises:
        ServerStartError, TargetError: it does not start.
    """
    async with AsyncExitStack() as stack:
        server = EmbeddedServer()
        stack.push_async_callback(server.stop)
        await uninterrupted(server.start())
        tested = embedded(server)
        target = await stack.enter_async_context(LocalTarget())
        made = Demo(target, tested)
        await made.begin()
        yield made, CommonSettings(redis=tested.settings)
