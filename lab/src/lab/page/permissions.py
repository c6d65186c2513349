"""What the page may change, asked anew for each browser that opens it."""

from __future__ import annotations

from dataclasses import dataclass

from lab.page.scaling import KubernetesScaler, Scaler
from lab.page.scenarios import Scenarios
from lab.place.site import Site
from lab.scenario.checking import RefusedError
from lab.targets.kubernetes.cluster import ClusterError
from lab.targets.kubernetes.rights import check_rights
from lab.watch.pods import Pods


@dataclass(frozen=True, slots=True)
class Powers:
    """What the page offers to change.

    Attributes:
        replay: whether dead letters can be sent again.
        scaler: scales the subscribers; None: nobody may.
        scenarios: starts them; None: nobody may.
    """

    replay: bool = False
    scaler: Scaler | None = None
    scenarios: Scenarios | None = None

    def __str__(self) -> str:
        """Return them in words."""
        words = (("replay", self.replay), ("scale", self.scaler), ("start scenarios", self.scenarios))
        given = [word for word, there in words if there]
        return f"may {', '.join(given)}" if given else "read-only"


class Granting:
    """Tells what the page may do: nothing, unless it was started with --allow-writes.

    Attributes:
        scenarios: starts them, where that is allowed.
        writes: whether anything may be changed at all.
    """

    def __init__(
        self, scenarios: Scenarios, site: Site, *, writes: bool, scaler: Scaler | None = None, pods: Pods | None = None
    ) -> None:
        """Prepare to tell.

        Args:
            scenarios: starts them, where that is allowed.
            site: where they run.
            writes: whether anything may be changed at all.
            scaler: scales the subscribers, where that is allowed; None: they are nobody's to scale.
            pods: those that are shown, whose cluster has the last word; None: there is no cluster.
        """
        self.scenarios, self._site, self.writes, self._pods = scenarios, site, writes, pods
        self._scaler = scaler if pods is None else KubernetesScaler(pods)

    async def now(self) -> Powers:
        """Ask for each right."""
        if not self.writes:
            return Powers()
        scaler = self._scaler if self._scaler is not None and await self._scaler.allowed() else None
        return Powers(replay=True, scaler=scaler, scenarios=self.scenarios if await self._may_run() else None)

    async def _may_run(self) -> bool:
        if self._pods is None:
            return True
        namespace = self._site.namespace or self._pods.cluster.namespace
        try:
            await check_rights(self._pods.cluster, namespace, self._site.lab_namespace)
        except (RefusedError, ClusterError):
            return False
        return True
