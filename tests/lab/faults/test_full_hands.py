"""A subscriber is caught in the moment, or goes on as if nothing had been."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from lab.faults.base import full_hands
from lab.faults.base.fault import MissedMoment, Stage
from lab.faults.base.full_hands import catch, still_in_hand
from lab.place.hands import Hand, Hands
from lab.place.target import Replica
from messaging.seam.errors import ConnectionLost

ONE = Replica("subscriber", "subscriber-1")


class Seen:
    """A `Witness` and a `Target` of one subscriber: each look shows the next hands, the last ones for ever."""

    def __init__(self, *looks: Hands | Exception) -> None:
        self._looks = list(looks)
        self.frozen = False

    def replicas(self, _: str) -> Sequence[Replica]:
        return [ONE]

    async def pause(self, _: Replica) -> None:
        self.frozen = True

    async def resume(self, _: Replica) -> None:
        self.frozen = False

    async def in_hand(self) -> Mapping[str, Hands]:
        look = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        if isinstance(look, Exception):
            raise look
        return {ONE.name: look}

    @property
    def stage(self) -> Stage:
        some = cast("Any", self)
        return Stage(some, some, some, {"PATTERN": "queue,pubsub"}, random.Random(1), lambda: 0, some)


def hands(count: int, *, age: float = 1.0, seconds: float = 2.0) -> Hands:
    return {"queue": Hand(count, time.time() - age, seconds)}


async def test_one_with_its_hands_full_and_part_of_it_handled_stays_frozen() -> None:
    seen = Seen(hands(10))
    caught = await catch(seen.stage, 5)
    assert seen.frozen
    assert (caught.replica, caught.counts, caught.handled) == (ONE, {"queue": 10}, 5)


@pytest.mark.parametrize(
    "wrong",
    [hands(4), hands(10, age=0.0, seconds=1e6), hands(10, age=5.0, seconds=5.0), hands(10, seconds=0.0), {}],
    ids=["too few", "just received", "about done", "no telling", "nothing"],
)
async def test_any_other_goes_on_and_the_moment_is_missed(wrong: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_hands, "PATIENCE", 0.02)
    seen = Seen(wrong)
    with pytest.raises(MissedMoment, match="no subscriber had 5 messages of queue in hand"):
        await catch(seen.stage, 5)
    assert not seen.frozen


async def test_one_that_was_done_by_the_time_it_stood_still_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_hands, "PATIENCE", 0.02)
    seen = Seen(hands(10), {})
    with pytest.raises(MissedMoment, match=r": 10$"):
        await catch(seen.stage, 5)
    assert not seen.frozen


async def test_nobody_stays_frozen_when_the_record_cannot_be_read() -> None:
    seen = Seen(hands(10), ConnectionLost("ledger", "gone", sent=False))
    with pytest.raises(ConnectionLost):
        await catch(seen.stage, 5)
    assert not seen.frozen


async def test_each_pattern_has_its_turn_the_queues_first() -> None:
    stage = Seen({**hands(10), "pubsub": Hand(20, time.time() - 1.0, 2.0)}).stage
    caught = await catch(stage, 5)
    assert caught.counts == {"queue": 10, "pubsub": 20}
    stage.struck.update(["queue"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(full_hands, "PATIENCE", 0.02)
        with pytest.raises(MissedMoment, match="messages of pubsub in hand"):
            await catch(stage, 21)


async def test_what_was_finished_after_all_is_a_miss() -> None:
    held = hands(10)
    caught = await catch(Seen(held).stage, 5)
    assert await still_in_hand(Seen(held).stage, caught) == "10 of queue in hand, about 5 handled"
    for after in ({}, hands(10, age=0.5)):
        with pytest.raises(MissedMoment, match="had finished"):
            await still_in_hand(Seen(after).stage, caught)
