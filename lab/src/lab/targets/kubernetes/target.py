"""The services as pods: subscribers in Deployments, publishers in Jobs, copies of the installed ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Self

from lab.common.uninterrupted import uninterrupted
from lab.place.target import Replica, TargetError
from lab.targets.kubernetes.cluster import CONFIG_MAPS, DEPLOYMENTS, JOBS, PODS, Cluster, Kind, Manifest
from lab.targets.kubernetes.manifests import Manifests
from lab.targets.kubernetes.pods import Pod, Pods
from lab.targets.kubernetes.signalling import send
from messaging.ledger.record import Role

_STARTED, _GONE = 60.0, 60.0
_TAIL_LINES, _POLL = 20, 0.3


class KubernetesTarget:
    """A `Target` of pods.

    A subscriber that was killed comes back in its pod, as the kubelet has it, and keeps its name.
    """

    def __init__(self, cluster: Cluster, namespace: str, manifests: Manifests) -> None:
        """Prepare; entering begins to look."""
        self._cluster, self._namespace, self._manifests = cluster, namespace, manifests
        self._pods = Pods(cluster, namespace, manifests.run)
        self._killed: list[Replica] = []
        self._made: dict[Kind, list[str]] = {DEPLOYMENTS: [], JOBS: []}
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        """Begin to look at the pods."""
        self._looking = asyncio.ensure_future(self._pods.watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look no more; who made the ledger's Job removes it, and with it everything."""
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)

    async def start(
        self, role: Role, environment: Mapping[str, str], replicas: int = 1, *, bodies: str = ""
    ) -> Sequence[Replica]:
        """Make a Deployment, or Jobs, and return when their pods are there."""
        if role == "subscriber":
            part = self._part(role)
            await self.deploy(part, environment, replicas)
            return self.of(part)
        return [await self._publish(environment, bodies) for _ in range(replicas)]

    async def deploy(self, part: str, environment: Mapping[str, str], replicas: int) -> None:
        """Make a Deployment of subscribers and return when its pods are there."""
        made = self._manifests.deployment(part, environment, replicas)
        await uninterrupted(self._make(DEPLOYMENTS, part, made))
        await self._pods.until(lambda _: len(self.of(part)) >= replicas, _STARTED, f"{replicas} pods of {part}")

    async def resize(self, part: str, replicas: int) -> None:
        """Scale a Deployment; return when so many are ready, and nobody else is left."""
        name = self._manifests.named(part)
        await self._cluster.patch(DEPLOYMENTS, self._namespace, name, {"spec": {"replicas": replicas}})

        def so_many(pods: Mapping[str, Pod]) -> bool:
            ours = [pod for pod in pods.values() if pod.part == part]
            return len(ours) == replicas and all(pod.ready for pod in ours)

        await self._pods.until(so_many, _STARTED + _GONE, f"{replicas} ready pods of {part}, and no more,")

    async def roll_out(self, part: str, mark: str) -> None:
        """Let a Deployment replace its pods; return when the former are gone, and as many new ones are ready."""
        former = {pod.uid for pod in self._pods.now.values() if pod.part == part}
        template = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": mark}}}
        patch = {"spec": {"template": template}}
        await self._cluster.patch(DEPLOYMENTS, self._namespace, self._manifests.named(part), patch)

        def replaced(pods: Mapping[str, Pod]) -> bool:
            ours = [pod for pod in pods.values() if pod.part == part]
            new = [pod for pod in ours if pod.uid not in former]
            return len(new) == len(ours) == len(former) and all(pod.ready for pod in new)

        await self._pods.until(replaced, (_STARTED + _GONE) * max(1, len(former)), f"a rollout of {part}")

    def of(self, part: str) -> list[Replica]:
        """Return a Deployment's living pods."""
        return [_replica(pod) for pod in self._pods.now.values() if pod.part == part and pod.lives]

    def replicas(self, role: Role) -> Sequence[Replica]:
        """Return those that were seen to live; raises ClusterError when the cluster has been silent for long."""
        if self._looking.done():
            self._looking.result()
        return [_replica(pod) for pod in self._pods.now.values() if pod.role == role and pod.lives]

    async def wait_ready(self, role: Role, timeout: float) -> None:
        """Wait for the readiness of each that lives."""

        def ready(pods: Mapping[str, Pod]) -> bool:
            return all(pod.ready for pod in pods.values() if pod.role == role and pod.lives)

        await self._pods.until(ready, max(timeout, _STARTED), f"every {role} ready")

    async def is_ready(self, replica: Replica) -> bool:
        """Ask the cluster, whose kubelet asks the probe."""
        pod = (await self._pods.refresh()).get(replica.name)
        return pod is not None and pod.ready

    def crashes(self, role: Role) -> int:
        """Count containers that were started again, and pods that failed, but for those that we killed."""
        ours = [pod for pod in self._pods.seen.values() if pod.role == role]
        ends = sum(pod.restarts + bool(pod.ended and pod.status) for pod in ours)
        return ends - sum(replica.role == role for replica in self._killed)

    def was_killed(self, replica: Replica) -> bool:
        """Remember it."""
        return replica in self._killed

    def identity(self, replica: Replica) -> str:
        """Return its pod's UID and the number of its container's start."""
        return self._pods.seen[replica.name].identity

    async def retire(self, replica: Replica) -> None:
        """Send SIGTERM to a publisher and wait for its end; a subscriber's Deployment is scaled instead."""
        await self._signal(replica, "TERM")
        await self._pods.until(lambda pods: not self._lives(pods, replica), _GONE, f"{replica.name} gone")
        await self._check(replica)

    async def kill(self, replica: Replica) -> None:
        """Send SIGKILL; return when its container is another one, or has ended."""
        before = self.identity(replica)
        self._killed.append(replica)
        await self._signal(replica, "KILL")

        def gone(pods: Mapping[str, Pod]) -> bool:
            return not self._lives(pods, replica) or pods[replica.name].identity != before

        await self._pods.until(gone, _GONE, f"{before} gone")

    async def pause(self, replica: Replica) -> None:
        """Send SIGSTOP."""
        await self._signal(replica, "STOP")

    async def resume(self, replica: Replica) -> None:
        """Send SIGCONT."""
        await self._signal(replica, "CONT")

    async def stop(self, role: Role) -> None:
        """Scale to nothing, or send SIGTERM; who had crashed, or fails in it, is an error."""
        await self._pods.refresh()
        if self.crashes(role) > 0:
            raise TargetError(await self._failure(role))
        if role == "publisher":
            await asyncio.gather(*(self.retire(one) for one in self.replicas(role)))
            return
        parts = {pod.part for pod in self._pods.now.values() if pod.role == role}
        await asyncio.gather(*(self.resize(part, 0) for part in parts))

    async def end(self) -> None:
        """Delete what makes pods, and every pod without grace, until none is there: some may just be on their way."""
        none = {"spec": {"replicas": 0}}
        for part in self._made[DEPLOYMENTS]:
            await self._cluster.patch(DEPLOYMENTS, self._namespace, self._manifests.named(part), none)
        for part in self._made[JOBS]:
            await self._cluster.delete(JOBS, self._namespace, self._manifests.named(part))
        try:
            async with asyncio.timeout(_GONE):
                while ours := [pod.name for pod in (await self._pods.refresh()).values() if pod.role]:
                    for name in ours:
                        await self._cluster.delete(PODS, self._namespace, name, at_once=True)
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            raise TargetError(f"pods of {self._manifests.run} are still there after {_GONE:g} s") from None

    def everyone(self) -> Sequence[Replica]:
        """Return all that were seen."""
        return [_replica(pod) for pod in self._pods.seen.values() if pod.role]

    async def logs(self, replica: Replica) -> str:
        """Return its pod's log, with those of containers that were replaced."""
        return await self._pods.logs(replica.name)

    async def _publish(self, environment: Mapping[str, str], bodies: str) -> Replica:
        part = self._part("publisher")
        if bodies:
            await self._cluster.create(CONFIG_MAPS, self._namespace, self._manifests.bodies(part, bodies))
        made = self._manifests.job(part, environment, bodies=bool(bodies))
        await uninterrupted(self._make(JOBS, part, made))

        def of_job(pods: Mapping[str, Pod]) -> list[Pod]:
            return [pod for pod in pods.values() if pod.part == part]

        await self._pods.until(of_job, _STARTED, f"the pod of {part}")
        return _replica(of_job(self._pods.now)[0])

    async def _make(self, kind: Kind, part: str, body: Manifest) -> None:
        await self._cluster.create(kind, self._namespace, body)
        self._made[kind].append(part)

    async def _signal(self, replica: Replica, signal: str) -> None:
        await send(self._cluster, self._namespace, replica.name, signal)

    async def _check(self, replica: Replica) -> None:
        if self._pods.seen[replica.name].status:
            raise TargetError(await self._failure(replica.role))

    async def _failure(self, role: Role) -> str:
        failed = [pod for pod in self._pods.seen.values() if pod.role == role and (pod.restarts or pod.status)]
        tails = [f"{pod.name} ended by itself:\n{await self._tail(pod.name)}" for pod in failed]
        return "\n".join(tails) or f"a {role} ended by itself"

    async def _tail(self, name: str) -> str:
        return "\n".join((await self._pods.logs(name)).splitlines()[-_TAIL_LINES:])

    def _part(self, role: Role) -> str:
        return f"{role}-{next(self._numbers)}"

    @staticmethod
    def _lives(pods: Mapping[str, Pod], replica: Replica) -> bool:
        return replica.name in pods and pods[replica.name].lives


def _replica(pod: Pod) -> Replica:
    return Replica("publisher" if pod.role == "publisher" else "subscriber", pod.name)
