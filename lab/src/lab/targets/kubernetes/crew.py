"""The subscribers as Deployments: Kubernetes itself replaces the dead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.place.target import Replica
from lab.targets.kubernetes.target import KubernetesTarget

_USUAL, _RELIEF = "subscriber", "relief"
_READY = 120.0


class KubernetesCrew:
    """A `Crew` of one Deployment, and a second one for those that relieve some of the first."""

    def __init__(self, target: KubernetesTarget, environment: Mapping[str, str], wanted: int) -> None:
        """Prepare; `muster` starts them."""
        self._target, self._environment = target, environment
        self.wanted = wanted
        self._relief = 0
        self._rollouts = 0

    async def muster(self) -> None:
        """Make the Deployment."""
        await self._target.deploy(_USUAL, self._environment, self.wanted)
        await self.complete()

    async def complete(self) -> None:
        """Wait for everybody's readiness."""
        await self._target.wait_ready("subscriber", _READY)

    async def scale(self, wanted: int) -> None:
        """Scale the Deployment."""
        self.wanted = wanted
        await self._target.resize(_USUAL, max(0, wanted - self._relief))

    async def renew(self) -> None:
        """Roll the Deployment out, as kubectl rollout restart does."""
        self._rollouts += 1
        await self._target.roll_out(_USUAL, f"rollout {self._rollouts}")

    async def relieve(self, environment: Mapping[str, str], replicas: int) -> Sequence[Replica]:
        """Make a second Deployment, then scale the first one down."""
        self._relief = min(replicas, self.wanted)
        await self._target.deploy(_RELIEF, {**self._environment, **environment}, self._relief)
        await self.complete()
        await self.scale(self.wanted)
        return self._target.of(_RELIEF)

    async def recall(self) -> None:
        """Scale the first one up, then the second one to nothing."""
        self._relief = 0
        await self.scale(self.wanted)
        await self._target.resize(_RELIEF, 0)

    async def look_after(self) -> None:
        """Leave it to the Deployment's controller and the kubelet."""
