"""Runs every cell of a comparison, one after the other, and writes what came out as soon as it is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from lab.comparison import Axes, Cell, Comparison, cell, row, scenario_of
from lab.report.folder import folder_of
from lab.result import SCHEMA
from lab.running import carry_out
from lab.verdict import Finding, worst


async def compare(cells: Sequence[Axes], repeat: int, target: str, runs: Path, console: Console) -> int:
    """Run them all, say where the table stands, and return the exit code of the worst.

    Raises:
        OSError: the folder cannot be written.
        Interrupted, and what `carry_out` raises: what was done by then is kept.
    """
    from lab.report.matrix import save  # noqa: PLC0415 - takes a second to import

    folder = folder_of(runs, datetime.now(UTC), "compare")
    done: list[Cell] = []
    for number, one in enumerate(cells, 1):
        console.print(f"[{number} of {len(cells)}] {one.scenario}, {one.pattern}", markup=False)
        found, versions = await _cell(one, repeat, target, folder, console)
        done.append(found)
        # Anew each time, so that a comparison that is interrupted is of use, too.
        save(folder, Comparison(SCHEMA, repeat, versions, tuple(done)))
        console.print("  ".join(row(done[-1])), soft_wrap=True, markup=False)
    console.print(f"Everything stands in {folder}", soft_wrap=True, markup=False)
    return worst(Finding(one.finding) for one in done).exit_code


async def _cell(one: Axes, repeat: int, target: str, folder: Path, console: Console) -> tuple[Cell, dict[str, str]]:
    name = "-".join(str(part) for part in (Path(one.scenario).stem, one.pattern, one.subscribers, one.batch) if part)
    results, folders = [], []
    for _ in range(repeat):
        done = await carry_out(name, scenario_of(one), target, folder, console)
        results.append(done.result)
        if done.folder is None:
            raise OSError(done.trouble)
        folders.append(done.folder.name)
    return cell(one, results, folders), results[-1].versions
