"""How the page scales the subscribers, where it may."""

from __future__ import annotations

from typing import Protocol

from lab.targets.kubernetes.cluster import DEPLOYMENTS, Cluster, ClusterError
from lab.targets.kubernetes.rights import may
from lab.watch.pods import Pods
from lab.watch.replicas import CrowdError

MOST = 100
"""More replicas than this nobody means."""


class ScaleError(Exception):
    """The subscribers were not scaled; the text says why."""


class Scaler(Protocol):
    """Scales the subscribers."""

    async def allowed(self) -> bool:
        """Tell whether it may."""

    async def scale(self, replicas: int) -> None:
        """Let there be so many; returns before they are there. Raises ScaleError."""


class KubernetesScaler:
    """Scales the Deployments of a release's subscribers."""

    def __init__(self, pods: Pods) -> None:
        """Scale those whose pods these are."""
        self._pods = pods

    async def allowed(self) -> bool:
        """Ask the cluster for the right to each."""
        try:
            names = await self._names()
            rights = [await _granted(self._pods.cluster, self._pods.namespace, name) for name in names]
        except (ClusterError, CrowdError):
            return False
        return bool(rights) and all(rights)

    async def scale(self, replicas: int) -> None:
        """Change what each Deployment wants, and nothing else of it."""
        try:
            for name in await self._names():
                await self._pods.cluster.patch_scale(DEPLOYMENTS, self._pods.namespace, name, replicas)
        except (ClusterError, CrowdError) as error:
            raise ScaleError(str(error)) from error

    async def _names(self) -> list[str]:
        return [name for name, group in (await self._pods.groups()).items() if group.role == "subscriber"]


async def _granted(cluster: Cluster, namespace: str, name: str) -> bool:
    return await may(cluster, namespace, "apps", "deployments/scale", "patch", name)
