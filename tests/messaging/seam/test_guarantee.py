"""Guarantees: consistent in themselves, and as the design promises."""

from __future__ import annotations

import dataclasses

import pytest

from messaging import PATTERNS, DeliveryPromise, PatternKind


@pytest.mark.parametrize("kind", PATTERNS.values(), ids=list(PATTERNS))
def test_a_guarantee_does_not_contradict_itself(kind: PatternKind) -> None:
    guarantee = kind.guarantee
    assert guarantee.redelivers == (guarantee.delivery is DeliveryPromise.AT_LEAST_ONCE)
    assert not (guarantee.fan_out and guarantee.persistent)
    assert guarantee.persistent or not guarantee.redelivers
    assert guarantee.redelivers or not guarantee.resumes
    assert guarantee.fan_out == (guarantee.acknowledged_by == "receivers")


@pytest.mark.parametrize("kind", PATTERNS.values(), ids=list(PATTERNS))
def test_a_guarantee_is_frozen(kind: PatternKind) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind.guarantee.fan_out = True  # type: ignore[misc]


def test_the_five_patterns_promise_what_they_are_for() -> None:
    assert {
        name: (kind.guarantee.fan_out, kind.guarantee.persistent, kind.guarantee.redelivers)
        for name, kind in PATTERNS.items()
    } == {
        "pubsub": (True, False, False),
        "sharded-pubsub": (True, False, False),
        "queue": (False, True, False),
        "reliable-queue": (False, True, True),
        "stream": (False, True, True),
    }
