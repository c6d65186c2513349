"""Runs every cell of a comparison, round after round, and writes what came out as soon as it is known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from lab.compare.comparison import Axes, Cell, Comparison, cell, run_name, scenario_of
from lab.compare.resuming import Before, Runs, take_up
from lab.compare.rows import line
from lab.place.site import Site
from lab.report.folder import folder_of
from lab.report.result import SCHEMA, Result
from lab.run.running import carry_out, tell
from lab.run.versions import ours
from lab.verdict.finding import Finding, worst


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared, and how.

    Attributes:
        cells: what runs.
        repeat: how often each runs.
        site: where.
        runs: the folder in which the comparison's own folder is made.
        keep: a file into which the result is written, too; None for none.
        resume: the folder of a comparison that was stopped, in which it goes on; None begins a new one.
    """

    cells: Sequence[Axes]
    repeat: int
    site: Site
    runs: Path
    keep: Path | None
    resume: Path | None = None


async def compare(plan: Plan, console: Console) -> int:
    """Run them all, each once a round, say where the table stands, and return the exit code of the worst.

    Raises:
        OSError: the folder cannot be written.
        ScenarioError: the comparison cannot go on; says what has changed.
        Interrupted, and what `carry_out` raises: what was done by then is kept.
    """
    folder, before = await asyncio.to_thread(_begin, plan)
    began, done = before.began, before.runs
    cells = _keep(plan, folder, done, began) if any(done.values()) else {}
    turns = [(turn, one) for turn in range(1, plan.repeat + 1) for one in plan.cells]
    for number, (turn, one) in enumerate(turns, 1):
        if len(done[one]) >= turn:
            continue
        console.print(f"[{number} of {len(turns)}] {one.scenario}, {one.pattern}, round {turn}", markup=False)
        done[one].append(await _run(one, plan.site, folder, console))
        # Anew each time, so that a comparison that is interrupted is of use, too.
        cells = _keep(plan, folder, done, began)
        console.print(line(cells[one]), soft_wrap=True, markup=False)
    console.print(f"Everything stands in {folder}", soft_wrap=True, markup=False)
    return worst(Finding(one.finding) for one in cells.values()).exit_code


def _begin(plan: Plan) -> tuple[Path, Before]:
    if plan.resume is not None:
        return plan.resume, take_up(plan.resume, plan.cells, ours())
    began = datetime.now(UTC)
    return folder_of(plan.runs, began, "compare"), Before(began, {one: [] for one in plan.cells})


async def _run(one: Axes, site: Site, folder: Path, console: Console) -> tuple[Result, str]:
    done = await carry_out(run_name(one), scenario_of(one), site, folder, console)
    if done.folder is None:
        tell(console, done)  # what it cost to find out is not lost with the disk
        raise OSError(done.trouble)
    return done.result, done.folder.name


def _keep(plan: Plan, folder: Path, done: Runs, began: datetime) -> dict[Axes, Cell]:
    from lab.compare.matrix import save  # noqa: PLC0415 - takes a second to import

    cells = {one: cell(one, *zip(*runs, strict=True)) for one, runs in done.items() if runs}
    versions = next(result.versions for runs in done.values() for result, _ in reversed(runs))
    rounds = max(map(len, done.values()))
    comparison = Comparison(SCHEMA, began, rounds, versions, tuple(cells.values()))
    save(folder, comparison)
    if plan.keep is not None:
        encoded = msgspec.json.format(msgspec.json.encode(comparison), indent=1)
        plan.keep.write_bytes(encoded + b"\n")
    return cells
