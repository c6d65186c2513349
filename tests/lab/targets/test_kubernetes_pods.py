"""What the lab reads from a pod as the API tells it: who lives, who was restarted, who cannot start."""

from __future__ import annotations

from typing import Any

import pytest

from lab.targets.kubernetes.manifests import PART
from lab.targets.kubernetes.pods import Pod, read_pod

KILLED = {"terminated": {"exitCode": 137}}
RUNNING = {"running": {"startedAt": "now"}}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}


def pod(state: dict[str, Any], *, restarts: int = 0, phase: str = "Running", **status: Any) -> Pod:  # noqa: ANN401
    """Read a subscriber's pod whose container is in a state."""
    box = {"state": state, "restartCount": restarts, **status}
    labels = {PART: "subscriber", "app.kubernetes.io/component": "subscriber"}
    meta = {"name": "a", "uid": "0123456789", "labels": labels, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return read_pod({"metadata": meta, "status": {"phase": phase, "containerStatuses": [box]}})


def test_a_restart_is_counted_as_soon_as_the_container_is_down_and_once() -> None:
    lives = [
        pod(RUNNING),
        pod(KILLED),
        pod(BACK_OFF, lastState=KILLED),
        pod(RUNNING, restarts=1, lastState=KILLED),
        pod(BACK_OFF, restarts=1, lastState=KILLED),
        pod(RUNNING, restarts=2, lastState=KILLED),
    ]
    assert [one.restarts for one in lives] == [0, 1, 1, 1, 2, 2]
    assert lives[0].identity != lives[1].identity == lives[2].identity == lives[3].identity
    assert all(one.lives for one in lives)


@pytest.mark.parametrize(("phase", "status"), [("Succeeded", 0), ("Failed", 137)])
def test_a_pod_that_ended_for_good_was_not_restarted(phase: str, status: int) -> None:
    ended = pod({"terminated": {"exitCode": status}}, phase=phase)
    assert (ended.ended, ended.lives, ended.restarts, ended.status) == (True, False, 0, status)


def test_a_pod_that_cannot_start_says_why() -> None:
    stuck = pod({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}, phase="Pending")
    assert stuck.stuck == "ImagePullBackOff: no such image"
    assert pod({"waiting": {"reason": "ContainerCreating"}}, phase="Pending").stuck == ""
    assert pod({"waiting": {"reason": "ContainerCreating"}}, phase="Pending").restarts == 0
