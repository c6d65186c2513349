"""A fault: what it does, what it takes, and how one knows that it really happened."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from lab.faults.base.planned import PlannedFault
from lab.place.crew import Crew
from lab.place.hands import Witness
from lab.place.server import Ability, ServerUnderTest
from lab.place.target import Replica, Target, TargetError


class NotConfirmed(Exception):
    """Nothing shows that the fault happened; the run proves nothing."""


class MissedMoment(Exception):
    """The moment in which a fault has to strike did not come, or it struck another one; it proves nothing of that.

    The text says which moment, and what was seen instead.
    """


@dataclass(frozen=True, slots=True)
class Stage:
    """What faults act on.

    Attributes:
        target: where the services run.
        server: the server under test.
        crew: the subscribers.
        publisher: the settings of a publisher of this run.
        chance: decides whom a fault strikes.
        held: tells how many messages wait, over all patterns.
        witness: tells what is in hand and under way.
        struck: how often messages of each pattern were in hand when a subscriber was struck.
        way: held by whoever does something to the way to the server for a moment.
    """

    target: Target
    server: ServerUnderTest
    crew: Crew
    publisher: Mapping[str, str]
    chance: random.Random
    held: Callable[[], int]
    witness: Witness
    struck: Counter[str] = field(default_factory=Counter)
    way: asyncio.Lock = field(default_factory=asyncio.Lock)


class Fault(ABC):
    """One time that something breaks. `heal` is called whatever happened, and `confirm` after it.

    Attributes:
        about: what it does, in a sentence.
        proof: how one knows that it happened.
        aims: whether it strikes a subscriber with messages of one pattern in hand; any other pattern is not struck.
        moment: what must be so when it strikes; "": it strikes at its time, whatever is so.
        needs: what the server under test must be able to do.
        forgets: whether the server may lose what only its memory held; then no loss is held
            against a pattern, unless the scenario made the server durable.
        deafens: whether the server may close a subscriber for its output buffer.
        crashes: whether subscribers end by themselves.
        parts: whether it may part a subscriber from what it has in hand, so that another one does it, too.
        handler: the handler that the subscribers must have.
        in_hand: how many messages of each pattern were in hand when it struck, once it did.
    """

    about: ClassVar[str]
    proof: ClassVar[str]
    aims: ClassVar[bool] = False
    moment: ClassVar[str] = ""
    needs: ClassVar[Ability | None] = None
    forgets: ClassVar[bool] = False
    deafens: ClassVar[bool] = False
    crashes: ClassVar[bool] = False
    parts: ClassVar[bool] = True
    handler: ClassVar[str | None] = None

    def __init__(self, stage: Stage, planned: PlannedFault) -> None:
        """Prepare; nothing happens yet."""
        self.stage, self.planned = stage, planned
        self.in_hand: dict[str, int] = {}

    @abstractmethod
    async def apply(self) -> str:
        """Wait for the moment and break it; return what was done to whom, in a few words.

        Raises:
            MissedMoment: the moment did not come.
        """

    async def heal(self) -> None:  # noqa: B027 - most faults need it, some do not
        """Mend it; what mends itself needs nothing."""

    @abstractmethod
    async def confirm(self) -> str:
        """Return what shows that it happened; raises NotConfirmed."""

    async def hit(self) -> str:
        """Return what shows that it struck in its moment, "" when it has none; raises MissedMoment."""
        return ""

    async def victim(self) -> Replica:
        """Choose one of the subscribers that are at work; raises TargetError when none is."""
        target = self.stage.target
        living = target.replicas("subscriber")
        ready = [one for one in living if await target.is_ready(one)]
        if not ready:
            raise TargetError("no subscriber is at work that a fault could strike")
        return self.stage.chance.choice(ready)


def sure(happened: object, proof: str, otherwise: str) -> str:
    """Return the proof when it happened.

    Raises:
        NotConfirmed: it did not.
    """
    if not happened:
        raise NotConfirmed(otherwise)
    return proof
