"""How often the lab found each planted bug, and how often it found one where none was planted."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lab.evidence.reading import LedgerError
from lab.place.target import TargetError
from lab.run.phases import PhaseError
from messaging import MessagingError
from tests.lab.saboteurs.saboteur import Saboteur
from tests.lab.saboteurs.trial import alarms, missed

CONTROLS = 3
"""How often each scenario is carried out without its bug, at most."""
_FAILED = (PhaseError, TargetError, LedgerError, MessagingError)
Tell = Callable[[str], None]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One planted bug in its own scenario.

    Attributes:
        saboteur, breaks, like, finding: as in `Saboteur`.
        began: when the first of its runs did, in UTC.
        cpus: of the machine.
        runs: how often it was let in.
        found: in how many of these the lab found it, by pattern: the right kind and exactly the right ids.
        controls: how often the scenario was carried out without it.
        alarms: in how many of these the lab found something all the same, by pattern.
    """

    saboteur: str
    breaks: str
    like: str
    finding: str
    began: str
    cpus: int
    runs: int
    found: dict[str, int]
    controls: int
    alarms: dict[str, int]


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """All of them.

    Attributes:
        rows: one for each planted bug.
    """

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Carries out the runs, a few side by side.

    Attributes:
        runs: how often each bug is let in.
        jobs: how many runs go on at a time.
        tell: is told of each run that did not go as it should.
    """

    runs: int
    jobs: asyncio.Semaphore
    tell: Tell

    async def row(self, saboteur: Saboteur, patterns: Sequence[str]) -> Row:
        """Let one in, again and again, at these of its patterns."""
        pattern = "" if len(patterns) == len(saboteur.patterns) else patterns[0]
        began, controls = datetime.now(UTC).isoformat(timespec="seconds"), min(self.runs, CONTROLS)
        planted = [self._planted(saboteur, pattern) for _ in range(self.runs)]
        clean = [self._clean(saboteur, pattern) for _ in range(controls)]
        results = await asyncio.gather(*planted, *clean)
        found, alarming = Counter[str](), Counter[str]()
        for result in results[: self.runs]:
            found.update(name for name, why in result.items() if not why)
        for result in results[self.runs :]:
            alarming.update(name for name, why in result.items() if why)
        return Row(
            saboteur=saboteur.name,
            breaks=saboteur.breaks,
            like=saboteur.like,
            finding=saboteur.finding,
            began=began,
            cpus=os.cpu_count() or 1,
            runs=self.runs,
            found={name: found[name] for name in patterns},
            controls=controls,
            alarms={name: alarming[name] for name in patterns},
        )

    async def _planted(self, saboteur: Saboteur, pattern: str) -> Mapping[str, str]:
        async with self.jobs:
            with tempfile.TemporaryDirectory(prefix="lab-power-") as folder:
                try:
                    result = await missed(saboteur, Path(folder), pattern)
                except _FAILED as error:
                    result = dict.fromkeys(saboteur.patterns, f"the run failed: {error}")
        self._say(f"{saboteur.name} was not found", result)
        return result

    async def _clean(self, saboteur: Saboteur, pattern: str) -> Mapping[str, str]:
        async with self.jobs:
            try:
                result = await alarms(saboteur, pattern)
            except _FAILED as error:
                result = dict.fromkeys(saboteur.patterns, f"the run failed: {error}")
        self._say(f"without {saboteur.name} something was found", result)
        return result

    def _say(self, what: str, result: Mapping[str, str]) -> None:
        for pattern, why in result.items():
            if why:
                self.tell(f"{what} in {pattern}: {why}")
