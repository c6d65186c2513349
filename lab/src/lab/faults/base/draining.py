"""Ends subscribers in good order while each of them has messages in hand."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Mapping

from lab.faults.base.fault import MissedMoment, Stage

PATIENCE = 5.0
"""How long to wait until every subscriber has something in hand, in seconds."""
_GLANCE = 0.005


async def with_full_hands(stage: Stage, ending: Coroutine[object, object, None]) -> dict[str, int]:
    """Wait until every subscriber has messages in hand, and end some; return how many these then had, by pattern.

    It is looked at when somebody has been told to end: no longer ready, and not done with what is in hand.

    Raises:
        MissedMoment: they never had any, all at once.
    """
    try:
        await _everyone(stage)
    except BaseException:
        ending.close()
        raise
    found: Counter[str] = Counter()
    working = list(stage.target.replicas("subscriber"))
    work = asyncio.create_task(ending)
    while not work.done():
        ends = [one for one in working if not await stage.target.is_ready(one)]
        hands = await stage.witness.in_hand() if ends else {}
        for one in ends:
            working.remove(one)
            found.update({pattern: hand.count for pattern, hand in hands.get(one.name, {}).items()})
        await asyncio.sleep(_GLANCE)
    await work
    return dict(found)


def struck(in_hand: Mapping[str, int]) -> str:
    """Return the proof that it struck; raises MissedMoment."""
    if not any(in_hand.values()):
        raise MissedMoment("nobody who was told to end had anything in hand")
    return (
        f"{', '.join(f'{count} of {pattern}' for pattern, count in in_hand.items())} in hand of those who were to end"
    )


async def _everyone(stage: Stage) -> None:
    deadline, most, names = time.monotonic() + PATIENCE, 0, list[str]()
    while time.monotonic() < deadline:
        hands, names = await stage.witness.in_hand(), [one.name for one in stage.target.replicas("subscriber")]
        most = max(most, busy := sum(bool(hands.get(name)) for name in names))
        if names and busy == len(names):
            return
        await asyncio.sleep(_GLANCE)
    raise MissedMoment(f"within {PATIENCE:g} s no more than {most} of {len(names)} had messages in hand at once")
