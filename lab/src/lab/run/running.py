"""`lab run`: one scenario from the first phase to its folder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.common.interrupt import interruptible
from lab.evidence.reading import LedgerError
from lab.place.site import Site
from lab.place.target import TargetError
from lab.report.fault_result import why_lost
from lab.report.folder import REPORT, folder_of, save
from lab.report.result import PatternResult, Result, result_of
from lab.report.run_record import Observed
from lab.run.phases import PhaseError, Run
from lab.run.progress import progress_on
from lab.scenario.checking import check_settings
from lab.scenario.model import Scenario
from lab.verdict.finding import Finding
from messaging.seam.errors import MessagingError

_STYLES = {"held": "green", "broken": "bold red", "proves nothing": "yellow"}


@dataclass(frozen=True, slots=True)
class Done:
    """A run that has ended.

    Attributes:
        result: what it showed.
        folder: where everything stands; None when it could not be written.
        trouble: why it could not be written, or "".
    """

    result: Result
    folder: Path | None
    trouble: str = ""

    @property
    def exit_code(self) -> int:
        """What a command that ends with it returns."""
        return Finding(self.result.finding).exit_code


async def carry_out(name: str, scenario: Scenario, site: Site, runs: Path, console: Console) -> Done:
    """Run a scenario and write its folder; what goes wrong on the way proves nothing.

    Raises:
        ScenarioError, RefusedError, SettingsError, UnreachableError, ServerStartError: nothing was begun.
        Interrupted: somebody asked for the end.
    """
    await asyncio.to_thread(check_settings, scenario)  # it looks for mounted secrets
    observed = Observed(name, scenario, site)
    progress = progress_on(console)
    try:
        with progress:
            await interruptible(Run(observed, progress).run())
    except (PhaseError, TargetError, LedgerError, MessagingError) as error:
        if observed.start == float("inf") and not observed.run:
            raise
        observed.doubts.append(str(error))
    return keep(observed, runs)


def keep(observed: Observed, runs: Path) -> Done:
    """Write the folder of a run that has ended; where that fails, the verdict is there all the same."""
    result = result_of(observed)
    try:
        folder = folder_of(runs, datetime.fromtimestamp(observed.began, UTC), observed.name)
        save(folder, observed, result)
    except OSError as error:
        return Done(result, None, f"the report could not be written: {error}")
    return Done(result, folder)


def tell(console: Console, done: Done) -> None:
    """Print the verdict, and where the rest stands."""
    result = done.result
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("pattern", "finding", "sent", "processed", "lost", "at most", "duplicated", "p50 ms", "p99 ms"):
        table.add_column(name, justify="left" if name in ("pattern", "finding") else "right", no_wrap=True)
    for one in result.patterns:
        late, counts = one.figures.latency_seconds, one.account
        times = (f"{late.p50 * 1000:,.1f}", f"{late.p99 * 1000:,.1f}") if late else ("-", "-")
        cells = (f"{counts['attempted']:,}", f"{counts['processed']:,}", *_loss(one), f"{counts['duplicated']:,}")
        finding = Text(one.finding, _STYLES[one.finding])
        table.add_row(one.pattern, finding, *cells, *times)
    console.print()
    console.print(table)
    for text in (
        *(f"{one.pattern}: lost {told}" for one in result.patterns if (told := why_lost(one.causes))),
        *(f"{one.pattern}: {why}" for one in result.patterns for why in one.reasons),
        *result.doubts,
        *result.notes,
    ):
        console.print(text, soft_wrap=True, markup=False)
    console.print(Text.assemble(f"{result.scenario_name}: ", (result.finding, _STYLES[result.finding])))
    if done.folder is not None:
        console.print(f"Everything stands in {done.folder}; open {done.folder / REPORT}", soft_wrap=True, markup=False)


def _loss(one: PatternResult) -> tuple[str, str]:
    """Return what was lost, and how much of the whole it may be when that is 0."""
    lost, _, bound = one.loss.partition(" (at most ")
    return lost, bound.partition(",")[0]
