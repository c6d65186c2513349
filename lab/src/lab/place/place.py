"""Where a run takes place: the server under test, the ledger's, and the target, all of one kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab.place.crew import Crew
from lab.place.ledger_server import LedgerServer
from lab.place.server import ServerUnderTest
from lab.place.target import Target

CrewMaker = Callable[[Mapping[str, str], int, float], Crew]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run takes place.

    Attributes:
        name: the target's name.
        server: the server under test.
        ledger: the ledger's server.
        target: runs the services.
        crew: makes who keeps the subscribers alive, from their settings, how many there shall be, and
            after how many seconds a dead one is replaced (where the place leaves that to us).
        versions: of what the place itself is made of.
    """

    name: str
    server: ServerUnderTest
    ledger: LedgerServer
    target: Target
    crew: CrewMaker
    versions: Mapping[str, str] = field(default_factory=dict)
