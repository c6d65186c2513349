"""What happened is seen from two looks."""

from __future__ import annotations

import pytest

from lab.watch.figures import Figures
from lab.watch.marks import Kind, Mark, marks


def replicas(**received: float) -> dict[str, Figures]:
    return {who: Figures(received={"queue": count}) for who, count in received.items()}


def connected(**ready: float) -> dict[str, Figures]:
    return {who: Figures(ready={"queue": value}) for who, value in ready.items()}


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (replicas(a=1), replicas(a=1, b=0), [Mark(5.0, Kind.CAME, "b")]),
        (replicas(a=1, b=1), replicas(a=1), [Mark(5.0, Kind.GONE, "b")]),
        (replicas(a=9), replicas(a=1), [Mark(5.0, Kind.RESTARTED, "a")]),
        (connected(a=1, b=1), connected(a=0, b=0), [Mark(5.0, Kind.REDIS_GONE)]),
        (connected(a=1, b=1), connected(a=0, b=1), []),
        (connected(a=0, b=0), connected(a=1, b=0), [Mark(5.0, Kind.REDIS_BACK)]),
        ({}, replicas(a=1), []),
        (replicas(a=1), replicas(a=7), []),
    ],
)
def test_a_mark_tells_what_changed(before: dict[str, Figures], now: dict[str, Figures], found: list[Mark]) -> None:
    assert marks(before, now, 5.0) == found
