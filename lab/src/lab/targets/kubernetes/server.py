"""The server under test as a pod of the lab's own, with the release's image, memory and CPU."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from lab.place.server import Ability, UserServer
from lab.place.tested import Tested
from lab.targets.kubernetes.cluster import Cluster, ClusterError
from lab.targets.kubernetes.forward import Forward
from lab.targets.kubernetes.manifests import REDIS_PORT
from lab.targets.kubernetes.signalling import send
from messaging.seam.errors import MessagingError
from messaging.transport.settings import RedisSettings

_BACK, _POLL = 60.0, 0.2


class KubernetesServer(UserServer):
    """Asked as a user's server is; killed, it comes back in its pod with what its disk remembers."""

    abilities = frozenset({Ability.SERVER, Ability.CONFIGURE})

    def __init__(self, cluster: Cluster, namespace: str, pod: str, forward: Forward) -> None:
        """Stand for a server whose pod is ready, and whose Service bears its pod's name."""
        self._cluster, self._namespace, self._pod = cluster, namespace, pod
        settings = RedisSettings(host=forward.address.host, port=forward.address.port)
        super().__init__(Tested(settings, {"REDIS_HOST": f"{pod}.{namespace}", "REDIS_PORT": str(REDIS_PORT)}))

    async def kill(self) -> None:
        """Send SIGKILL; return when it is another one, or away."""
        before = await self.identity()
        await self._signal("KILL")
        await _until(lambda: self._is_another(before))

    async def restart(self) -> None:
        """Wait until the kubelet has started it again."""
        await _until(self.answers)

    async def pause(self) -> None:
        """Send SIGSTOP."""
        await self._signal("STOP")

    async def resume(self) -> None:
        """Send SIGCONT."""
        await self._signal("CONT")

    async def _is_another(self, former: str) -> bool:
        try:
            return await self.identity() != former
        except MessagingError:
            return True

    async def _signal(self, signal: str) -> None:
        try:
            await send(self._cluster, self._namespace, self._pod, signal)
        except ClusterError as error:
            raise ClusterError(f"SIG{signal} to the server: {error}", error.status) from error


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(_BACK):
            while True:
                if await condition():
                    return
                await asyncio.sleep(_POLL)
    except TimeoutError:
        raise ClusterError(f"the server did not come back within {_BACK:g} s") from None
