"""Catches a subscriber with its hands full, part of it handled."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from lab.faults.base.fault import MissedMoment, Stage
from lab.place.hands import Hand, Hands
from lab.place.target import Replica, TargetError
from messaging.patterns import PATTERNS

MOMENT = "a full batch is in hand, and part of it handled"
PATIENCE = 5.0
"""How long to wait for the moment, in seconds."""
_GLANCE = 0.003
_EARLY, _LATE = 0.1, 0.9  # shares that are handled


@dataclass(frozen=True, slots=True)
class Caught:
    """A frozen subscriber.

    Attributes:
        replica: which.
        hands: what it has in hand, by pattern.
        handled: about how many of them were handled when it was frozen.
    """

    replica: Replica
    hands: Hands
    handled: int

    @property
    def counts(self) -> dict[str, int]:
        """How many messages of each pattern are in hand."""
        return {pattern: hand.count for pattern, hand in self.hands.items()}

    def __str__(self) -> str:
        """Say what it has, for a label."""
        return f"{self.replica.name} with {sum(self.counts.values())} in hand, about {self.handled} of them handled"


async def catch(stage: Stage, least: int) -> Caught:
    """Freeze (SIGSTOP) a subscriber with its hands full; the caller kills it or lets it go on.

    It has at least so many messages in hand of the pattern that was struck least so far: each has its turn.

    Raises:
        MissedMoment: none had so many within PATIENCE.
        TargetError: no subscriber is at work.
    """
    aim, deadline, most = _aim(stage), time.monotonic() + PATIENCE, 0
    while time.monotonic() < deadline:
        living = {one.name: one for one in stage.target.replicas("subscriber")}
        if not living:
            raise TargetError("no subscriber is at work that a fault could strike")
        for name, hands in (await stage.witness.in_hand()).items():
            most = max(most, hands[aim].count if aim in hands else 0)
            if name in living and _fits(hands.get(aim), time.time(), least):
                caught = await _frozen(stage, living[name], aim, least)
                if caught is not None:
                    return caught
        await asyncio.sleep(_GLANCE)
    raise MissedMoment(
        f"within {PATIENCE:g} s no subscriber had {least} messages of {aim} in hand, part of them handled: {most}"
    )


async def still_in_hand(stage: Stage, caught: Caught) -> str:
    """Return the proof that nobody finished what was in hand, and count it as struck.

    Raises:
        MissedMoment: it was finished, so that the strike came too late.
    """
    now = (await stage.witness.in_hand()).get(caught.replica.name, {})
    held = {name: hand for name, hand in caught.hands.items() if name in now and now[name].since == hand.since}
    if not held:
        raise MissedMoment(f"{caught.replica.name} had finished what it had in hand")
    stage.struck.update(list(held))
    told = ", ".join(f"{hand.count} of {name}" for name, hand in held.items())
    return f"{told} in hand, about {caught.handled} handled"


def _aim(stage: Stage) -> str:
    """Return whose turn it is; a channel's come last, since its subscribers are all alike."""
    patterns = stage.publisher["PATTERN"].split(",")
    return min(patterns, key=lambda name: (stage.struck[name], PATTERNS[name].guarantee.fan_out))


async def _frozen(stage: Stage, replica: Replica, aim: str, least: int) -> Caught | None:
    """Freeze it, and look again at what stands on record now that it cannot go on."""
    await stage.target.pause(replica)
    caught: Caught | None = None
    try:
        stopped = time.time()
        hands = (await stage.witness.in_hand()).get(replica.name, {})
        # Still on record as in hand: however long the freezing took, nobody is done with it.
        if _begun(hands.get(aim), stopped, least):
            done = sum(min(round(hand.count * hand.handled(stopped)), hand.count - 1) for hand in hands.values())
            caught = Caught(replica, hands, done)
    finally:
        if caught is None:
            await stage.target.resume(replica)
    return caught


def _begun(hand: Hand | None, now: float, least: int) -> bool:
    return hand is not None and hand.count >= least and hand.handled(now) >= _EARLY


def _fits(hand: Hand | None, now: float, least: int) -> bool:
    return _begun(hand, now, least) and hand is not None and hand.handled(now) <= _LATE
