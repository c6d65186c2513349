"""What a run showed, as it was seen: the material of the verdict, the result and the report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab.evidence.clock import ClockOffset
from lab.evidence.ledger import Ledger
from lab.evidence.numbering import Numbering
from lab.place.site import Site
from lab.scenario.model import Scenario
from lab.verdict.finding import Finding, worst
from lab.verdict.judge import Verdict


@dataclass(slots=True)
class Phase:
    """A part of the run; times are UNIX seconds.

    Attributes:
        name: which.
        began, ended: when; `ended` is None while it lasts.
    """

    name: str
    began: float
    ended: float | None = None


@dataclass(slots=True)
class Strike:
    """One time that a fault struck; times are UNIX seconds.

    Attributes:
        fault: its name.
        at: when it was applied.
        label: what was done to whom.
        healed: when it was mended.
        proof: what shows that it happened, "" when nothing does.
        doubt: why it is not confirmed.
        in_hand: how many messages of each pattern were in hand.
        hit: what shows that it struck in the moment that it was to strike in, "" where there is none.
        missed: why it did not.
    """

    fault: str
    at: float
    label: str = ""
    healed: float | None = None
    proof: str = ""
    doubt: str = ""
    in_hand: dict[str, int] = field(default_factory=dict)
    hit: str = ""
    missed: str = ""


@dataclass(slots=True)
class Observed:
    """One run.

    Attributes:
        name: the scenario's name.
        scenario: what was to be done.
        site: where it ran.
        run: the run's id; its names in Redis begin with it.
        began: when it began, in UNIX seconds.
        start: when the load began; infinite when it never did.
        phases: in their order.
        strikes: in their order.
        events: further moments: (UNIX seconds, what happened).
        backlog: for each pattern (UNIX seconds, messages that Redis holds).
        verdicts: one for each pattern.
        doubts: why the run proves nothing, beyond the verdicts' own reasons.
        notes: what a reader should know, and does not change the finding.
        clock: how the server's clock differs from ours.
        logs: what each process wrote, by its name.
        ledger, numbering: what was recorded.
        raw: the ledger as it stood on its server, by writer.
        versions: of what took part.
    """

    name: str
    scenario: Scenario
    site: Site = field(default_factory=Site)
    run: str = ""
    began: float = field(default_factory=time.time)
    start: float = float("inf")
    phases: list[Phase] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    backlog: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    clock: ClockOffset | None = None
    logs: dict[str, str] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    numbering: Numbering = field(default_factory=Numbering)
    raw: dict[str, list[bytes]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def finding(self) -> Finding:
        """The worst of all patterns; a doubt about the run itself spares only what is broken."""
        found = worst(verdict.finding for verdict in self.verdicts)
        return Finding.PROVES_NOTHING if self.doubts and found is Finding.HELD else found

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Keep the times of a phase."""
        phase = Phase(name, time.time())
        self.phases.append(phase)
        try:
            yield phase
        finally:
            phase.ended = time.time()
