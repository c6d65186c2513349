"""A run's pods as they are now: looked at a few times a second, their logs kept beyond their ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.place.target import TargetError
from lab.targets.kubernetes.cluster import PODS, Cluster, ClusterError, Manifest
from lab.targets.kubernetes.manifests import PART, RUN
from lab.targets.kubernetes.release import COMPONENT

_EVERY, _PATIENCE = 0.4, 20.0
_ENDED = ("Succeeded", "Failed")
_WAITING_IN_VAIN = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError")


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod at one moment.

    Attributes:
        name, uid: its own.
        part: which of the run's objects made it.
        role: publisher or subscriber; "" for a server.
        created: when, as the API tells; sorts.
        ended: whether its containers have ended for good.
        leaving: whether it was told to end.
        ready: whether its readiness probe says so.
        restarts: how often its container ended, and was started again or will be.
        status: its container's exit status, once it has ended.
        stuck: why it cannot start, or "".
    """

    name: str
    uid: str
    part: str
    role: str
    created: str
    ended: bool
    leaving: bool
    ready: bool
    restarts: int
    status: int | None
    stuck: str

    @property
    def lives(self) -> bool:
        """Whether it works, or will."""
        return not self.ended and not self.leaving

    @property
    def identity(self) -> str:
        """What is another one after a restart."""
        return f"pod {self.name} ({self.uid[:8]}), start {self.restarts + 1} of its container"


class Pods:
    """All pods of a run.

    Attributes:
        seen: every one that was ever there, as it was last seen, the oldest first.
        now: those that are there.
    """

    def __init__(self, cluster: Cluster, namespace: str, run: str) -> None:
        """Prepare to look."""
        self._cluster, self._namespace, self._run = cluster, namespace, run
        self._logs: dict[str, str] = {}
        self._crashed: dict[str, str] = {}
        self.seen: dict[str, Pod] = {}
        self.now: Mapping[str, Pod] = {}

    async def watch(self) -> None:
        """Look again and again, until it is cancelled; raises ClusterError when that fails for long."""
        since: float | None = None
        while True:
            try:
                await self.refresh()
                since = None
            except ClusterError:
                since = since or time.monotonic()
                if time.monotonic() - since > _PATIENCE:
                    raise
            await asyncio.sleep(_EVERY)

    async def refresh(self) -> Mapping[str, Pod]:
        """Look now; raises ClusterError."""
        items = await self._cluster.items(PODS, self._namespace, f"{RUN}={self._run}")
        found = {pod.name: pod for pod in sorted(map(read_pod, items), key=lambda pod: (pod.created, pod.name))}
        for pod in found.values():
            await self._keep_logs(pod)
        self.seen |= found
        self.now = found
        return found

    async def until(self, condition: Callable[[Mapping[str, Pod]], object], timeout: float, what: str) -> None:
        """Look until it is so.

        Raises:
            TargetError: it is not so in time, or a pod cannot start.
        """
        try:
            async with asyncio.timeout(timeout):
                while not condition(await self.refresh()):
                    if stuck := next((pod for pod in self.now.values() if pod.stuck), None):
                        raise TargetError(f"{stuck.name} cannot start: {stuck.stuck}")
                    await asyncio.sleep(_EVERY)
        except TimeoutError:
            raise TargetError(f"{what} within {timeout:g} s: it did not come so") from None

    async def logs(self, name: str) -> str:
        """Return what a pod has written, in all its lives, as far as that could be read."""
        if name in self.now:
            await self._read(name)
        return self._crashed.get(name, "") + self._logs.get(name, "")

    async def _keep_logs(self, pod: Pod) -> None:
        """Read what would be gone soon: of a pod that leaves, and of a container that was replaced."""
        before = self.seen.get(pod.name)
        if before and pod.restarts > before.restarts:
            told = await self._text(pod.name, previous="true") or await self._text(pod.name)
            self._crashed[pod.name] = f"{self._crashed.get(pod.name, '')}{told}--- start {pod.restarts + 1}\n"
        if pod.leaving:
            await self._read(pod.name)

    async def _read(self, name: str) -> None:
        if told := await self._text(name):
            self._logs[name] = told

    async def _text(self, name: str, **query: str) -> str:
        try:
            return await self._cluster.text(PODS.path(self._namespace, name, "log"), **query)
        except ClusterError:
            return ""  # it has not begun yet, or is gone by now


def read_pod(item: Manifest) -> Pod:
    """Return what the API tells of a pod."""
    meta, status = item["metadata"], item["status"]
    labels = meta["labels"]
    state: Manifest = (status.get("containerStatuses") or [{}])[0]
    waiting: dict[str, Any] = state.get("state", {}).get("waiting") or {}
    terminated: dict[str, Any] = state.get("state", {}).get("terminated") or {}
    ended = status["phase"] in _ENDED
    is_down = bool(terminated or (waiting and state.get("lastState", {}).get("terminated")))
    conditions = status.get("conditions", [])
    return Pod(
        name=meta["name"],
        uid=meta["uid"],
        part=labels[PART],
        role=labels.get(COMPONENT, ""),
        created=meta["creationTimestamp"],
        ended=ended,
        leaving="deletionTimestamp" in meta,
        ready=any(one["type"] == "Ready" and one["status"] == "True" for one in conditions),
        restarts=state.get("restartCount", 0) + (is_down and not ended),
        status=terminated.get("exitCode"),
        stuck=f"{waiting['reason']}: {waiting.get('message', '')}" if waiting.get("reason") in _WAITING_IN_VAIN else "",
    )
