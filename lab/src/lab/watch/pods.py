"""The pods of a release: asked by way of the cluster's API server, or directly by whoever is a pod himself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from lab.common.http import Address
from lab.targets.kubernetes.cluster import DEPLOYMENTS, PODS, Cluster, ClusterError, Manifest, connect
from lab.targets.kubernetes.release import CHART
from lab.watch.replicas import MESSAGES, METRICS, CrowdError, Group, said

COMPONENT = "app.kubernetes.io/component"
_REVISION = "deployment.kubernetes.io/revision"
_FORBIDDEN = 403


class Pods:
    """Pods of the chart.

    Attributes:
        cluster: where they are.
        namespace: theirs.
        release: whose they are; "": all in the namespace.
    """

    def __init__(self, cluster: Cluster, namespace: str, release: str) -> None:
        """Prepare to ask."""
        self.cluster, self.namespace, self.release = cluster, namespace, release
        self._where: dict[str, Address] = {}

    async def pages(self) -> Mapping[str, str]:
        """Ask each that runs."""
        try:
            pods = await self.cluster.items(PODS, self.namespace, self._selector)
        except ClusterError as error:
            raise CrowdError(str(error)) from error
        running = [pod for pod in pods if pod["status"]["phase"] == "Running"]
        if not running:
            whose = f"release {self.release}" if self.release else "the chart"
            raise CrowdError(f"no pod of {whose} in namespace {self.namespace}: name another one by --namespace")
        self._where = {pod["metadata"]["name"]: place for pod in running if (place := _place(pod))}
        answers = await asyncio.gather(*(self._said(name, METRICS) for name in self._where))
        return {name: page for name, page in zip(self._where, answers, strict=True) if page is not None}

    async def messages(self, who: str) -> str:
        """Ask it, if it was there at the last look."""
        return (await self._said(who, MESSAGES) if who in self._where else None) or "[]"

    async def groups(self) -> Mapping[str, Group]:
        """Return the Deployments, none where they may not be listed."""
        try:
            found = await self.cluster.items(DEPLOYMENTS, self.namespace, self._selector)
        except ClusterError as error:
            if error.status == _FORBIDDEN:
                return {}
            raise CrowdError(str(error)) from error
        return {one["metadata"]["name"]: group_of(one) for one in found}

    @property
    def _selector(self) -> str:
        instance = f",app.kubernetes.io/instance={self.release}" if self.release else ""
        return f"app.kubernetes.io/name={CHART}{instance},{COMPONENT} in (publisher,subscriber)"

    async def _said(self, name: str, path: str) -> str | None:
        address = self._where[name]
        if self.cluster.inside:
            return await said(address, path)
        try:
            return await self.cluster.text(f"{PODS.path(self.namespace, f'{name}:{address.port}', 'proxy')}{path}")
        except ClusterError:
            return None


@asynccontextmanager
async def pods(namespace: str, release: str) -> AsyncIterator[Pods]:
    """Open a way to the pods of KUBECONFIG's cluster, or of the one whose pod this is, while the context lasts.

    Args:
        namespace: the pods'; "": that of the current context.
        release: whose pods; "": all in the namespace.

    Raises:
        CrowdError: there is no cluster.
    """
    try:
        cluster = await connect()
    except ClusterError as error:
        raise CrowdError(f"{error}, or name the addresses of local services") from error
    async with cluster:
        yield Pods(cluster, namespace or cluster.namespace, release)


def _place(pod: Manifest) -> Address | None:
    """Return where the pod's container answers to probes; None where it does not."""
    ports = [port for box in pod["spec"]["containers"] for port in box.get("ports", [])]
    port = next((int(port["containerPort"]) for port in ports if port.get("name") == "probes"), None)
    return None if port is None else Address(pod["status"].get("podIP", ""), port)


def group_of(deployment: Manifest) -> Group:
    """Return what a Deployment tells of its replicas."""
    meta, status = deployment["metadata"], deployment["status"]
    wanted = deployment["spec"]["replicas"]
    there = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return Group(
        role=meta["labels"].get(COMPONENT, ""),
        revision=meta.get("annotations", {}).get(_REVISION, ""),
        wanted=wanted,
        settled=status.get("observedGeneration") == meta["generation"] and there == [wanted] * 3,
    )
