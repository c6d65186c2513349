"""What a Deployment tells of its replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.watch.marks import Kind, Mark, group_marks
from lab.watch.pods import group_of
from lab.watch.replicas import Group

STILL = Group("subscriber", revision="1", wanted=2, settled=True)


def deployment(wanted: int = 2, *, observed: int = 3, **status: int) -> dict[str, Any]:
    labels = {"app.kubernetes.io/component": "subscriber"}
    there = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, **status}
    return {
        "metadata": {
            "labels": labels,
            "generation": 3,
            "annotations": {"deployment.kubernetes.io/revision": "4"},
        },
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": observed, **there},
    }


@pytest.mark.parametrize(
    ("told", "settled"),
    [
        (deployment(), True),
        (deployment(observed=2), False),
        (deployment(updatedReplicas=1), False),
        (deployment(replicas=3), False),
        (deployment(availableReplicas=1), False),
        (deployment(wanted=3), False),
    ],
)
def test_it_is_settled_when_all_are_there_and_of_one_revision(told: dict[str, Any], settled: bool) -> None:  # noqa: FBT001 - a column of the table
    assert group_of(told) == replace(STILL, revision="4", wanted=told["spec"]["replicas"], settled=settled)


def test_of_nobody_a_deployment_says_nothing() -> None:
    told = deployment(wanted=0) | {"status": {"observedGeneration": 3}}
    assert group_of(told).settled


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (STILL, []),
        (replace(STILL, revision="2", settled=False), [Mark(5.0, Kind.ROLLOUT, "demo", "2")]),
        (replace(STILL, wanted=5, settled=False), [Mark(5.0, Kind.SCALED, "demo", "5")]),
    ],
)
def test_rollouts_and_scaling_are_marked(now: Group, found: list[Mark]) -> None:
    assert group_marks({"demo": STILL}, {"demo": now, "new": now}, 5.0) == found


def test_the_end_of_a_rollout_is_marked() -> None:
    before = {"demo": replace(STILL, revision="2", settled=False)}
    now = {"demo": replace(STILL, revision="2")}
    assert [str(mark) for mark in group_marks(before, now, 5.0)] == ["demo complete"]
