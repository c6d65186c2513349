"""Where a run on a cluster takes place: its own ledger, its own server, copies of the release's services."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from lab.common.uninterrupted import uninterrupted
from lab.place.crew import Crew
from lab.place.ledger_server import LedgerServer
from lab.place.place import Place
from lab.place.server import ServerUnderTest, UserServer
from lab.place.site import Site
from lab.place.tested import Tested, own_server
from lab.scenario.checking import RefusedError, check_faults
from lab.scenario.model import Scenario
from lab.targets.kubernetes.cluster import JOBS, PODS, SECRETS, SERVICES, Cluster, ClusterError, connect
from lab.targets.kubernetes.crew import KubernetesCrew
from lab.targets.kubernetes.forward import Forward
from lab.targets.kubernetes.manifests import REDIS_PORT, Manifests
from lab.targets.kubernetes.pods import Pods
from lab.targets.kubernetes.release import Release, find_release
from lab.targets.kubernetes.rights import check_rights
from lab.targets.kubernetes.server import KubernetesServer
from lab.targets.kubernetes.target import KubernetesTarget
from lab.targets.local.server import options
from messaging.settings.load import read
from messaging.settings.sources import SECRETS_DIR
from messaging.transport.settings import RedisSettings

_UP, _GONE = 120.0, 90.0
_LONGEST = 900.0  # what all phases but the load may take together


@asynccontextmanager
async def kubernetes(
    scenario: Scenario, run: str, site: Site, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Place]:
    """Run on KUBECONFIG's cluster, or on the one whose pod this is; everything is removed in the end.

    Raises:
        RefusedError: no cluster, no permission, no release, a server that cannot be had there: nothing was begun.
        SettingsError: the environment names a server that cannot be used.
        TargetError: the ledger or the server did not start.
    """
    own = own_server(environ)
    async with AsyncExitStack() as stack:
        try:
            cluster = await stack.enter_async_context(await connect())
            where = replace(site, namespace=site.namespace or cluster.namespace)
            await check_rights(cluster, where.namespace, where.lab_namespace)
            release = await find_release(cluster, where.namespace, where.release)
            told = await cluster.get("/version")
        except ClusterError as error:
            raise RefusedError(str(error)) from error
        if scenario.server.topology != "standalone" and own is None:
            raise RefusedError(f"server: {{topology: {scenario.server.topology}}} is had on target local alone")
        check_faults(scenario, UserServer.abilities if own else KubernetesServer.abilities, "kubernetes")
        secrets = _secrets(own)
        limit = scenario.load_seconds + scenario.rest_seconds + _LONGEST
        builder = _Builder(cluster, where.lab_namespace, Manifests(run, release, limit=limit, secret=bool(secrets)))
        stack.push_async_callback(builder.remove)
        ledger = await builder.ledger(stack)
        if secrets:
            await cluster.create(SECRETS, where.lab_namespace, builder.manifests.secret(secrets))
        server = UserServer(_without(own, secrets)) if own else await builder.server(stack, scenario)
        target = KubernetesTarget(cluster, where.lab_namespace, builder.manifests)
        await stack.enter_async_context(target)

        def crew(environment: Mapping[str, str], wanted: int, _restart_seconds: float) -> Crew:
            return KubernetesCrew(target, environment, wanted)

        yield Place("kubernetes", server, ledger, target, crew, _versions(release, told["gitVersion"]))


class _Builder:
    """Starts the two servers of a run, and removes all that belongs to it."""

    def __init__(self, cluster: Cluster, namespace: str, manifests: Manifests) -> None:
        self._cluster, self._namespace, self.manifests = cluster, namespace, manifests
        self._pods = Pods(cluster, namespace, manifests.run)

    async def ledger(self, stack: AsyncExitStack) -> LedgerServer:
        """Start the ledger, the owner of everything else."""
        making = self._cluster.create(JOBS, self._namespace, self.manifests.ledger())
        self.manifests.owner = await uninterrupted(making)
        forward = await self._serve(stack, "ledger")
        settings = RedisSettings(host=forward.address.host, port=forward.address.port)
        return LedgerServer(settings, f"redis://{self.manifests.named('ledger')}.{self._namespace}:{REDIS_PORT}")

    async def server(self, stack: AsyncExitStack, scenario: Scenario) -> ServerUnderTest:
        """Start the server under test, as the scenario sets it up."""
        given = {name: str(value) for name, value in options(scenario.server).items()}
        made = self.manifests.redis({"appendonly": "no"} | given)
        await self._cluster.create(PODS, self._namespace, made)
        forward = await self._serve(stack, "redis")
        return KubernetesServer(self._cluster, self._namespace, self.manifests.named("redis"), forward)

    async def _serve(self, stack: AsyncExitStack, part: str) -> Forward:
        """Wait for a server's pod, and open a way to it, for the services and for ourselves."""
        await self._cluster.create(SERVICES, self._namespace, self.manifests.service(part))
        await self._pods.until(
            lambda pods: any(pod.part == part and pod.ready for pod in pods.values()), _UP, f"the {part}'s pod ready"
        )
        (pod,) = (pod.name for pod in self._pods.now.values() if pod.part == part)
        return await stack.enter_async_context(Forward(self._cluster, self._namespace, pod, REDIS_PORT))

    async def remove(self) -> None:
        """Delete the owner, and wait until no pod of the run is left."""
        await uninterrupted(self._remove())

    async def _remove(self) -> None:
        await self._cluster.delete(JOBS, self._namespace, self.manifests.named("ledger"))
        for pod in await self._pods.refresh():
            await self._cluster.delete(PODS, self._namespace, pod, at_once=True)
        await self._pods.until(lambda pods: not pods, _GONE, f"every pod of {self.manifests.run} gone")


def _secrets(own: Tested | None) -> dict[str, str]:
    """Return what the services of a user's server must have as mounted files; raises RefusedError."""
    if own is None:
        return {}
    given = read(own.variables).values
    for name in ("REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"):
        if name in given:
            raise RefusedError(f"{name} {given[name]}: a file of this machine, which the pods do not have")
    return {name: given[name] for name in ("REDIS_URL", "REDIS_PASSWORD", "REDIS_SENTINEL_PASSWORD") if name in given}


def _without(own: Tested, secrets: Mapping[str, str]) -> Tested:
    """Leave to the pods what they are told as variables: no secret, and no folder of this machine."""
    hidden = {*secrets, SECRETS_DIR}
    return Tested(own.settings, {name: value for name, value in own.variables.items() if name not in hidden})


def _versions(release: Release, kubernetes_version: str) -> dict[str, str]:
    return {"kubernetes": kubernetes_version, "chart": release.chart, "release": release.name} | release.images
