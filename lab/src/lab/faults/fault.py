"""A fault: what it does, what it takes, and how one knows that it really happened."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from lab.faults.planned import PlannedFault
from lab.place.crew import Crew
from lab.place.server import Ability, ServerUnderTest
from lab.place.target import Replica, Target, TargetError


class NotConfirmed(Exception):
    """Nothing shows that the fault happened; the run proves nothing."""


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
    """

    target: Target
    server: ServerUnderTest
    crew: Crew
    publisher: Mapping[str, str]
    chance: random.Random
    held: Callable[[], int]


class Fault(ABC):
    """One time that something breaks. `heal` is called whatever happened, and `confirm` after it.

    Attributes:
        about: what it does, in a sentence.
        proof: how one knows that it happened.
        needs: what the server under test must be able to do.
        forgets: whether the server may lose what only its memory held; then no loss is held
            against a pattern, unless the scenario made the server durable.
        crashes: whether subscribers end by themselves.
        handler: the handler that the subscribers must have.
    """

    about: ClassVar[str]
    proof: ClassVar[str]
    needs: ClassVar[Ability | None] = None
    forgets: ClassVar[bool] = False
    crashes: ClassVar[bool] = False
    handler: ClassVar[str | None] = None

    def __init__(self, stage: Stage, planned: PlannedFault) -> None:
        """Prepare; nothing happens yet."""
        self.stage, self.planned = stage, planned

    @abstractmethod
    async def apply(self) -> str:
        """Break it; return what was done to whom, in a few words."""

    async def heal(self) -> None:  # noqa: B027 - most faults need it, some do not
        """Mend it; what mends itself needs nothing."""

    @abstractmethod
    async def confirm(self) -> str:
        """Return what shows that it happened; raises NotConfirmed."""

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
