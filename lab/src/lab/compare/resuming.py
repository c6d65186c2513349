"""Takes up a comparison that was stopped: what it has done stands, as long as nothing has changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from lab.compare.comparison import Axes, Comparison, run_name, scenario_of
from lab.report.folder import RESULT
from lab.report.result import Result
from lab.scenario.model import Scenario, ScenarioError

Runs = dict[Axes, list[tuple[Result, str]]]
"""What came out of each cell: results, and the folders in which they stand."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a comparison had done when it was stopped.

    Attributes:
        began: when it was begun.
        runs: what came out of each cell so far.
    """

    began: datetime
    runs: Runs


def take_up(folder: Path, cells: Sequence[Axes], versions: Mapping[str, str]) -> Before:
    """Read what stands in a comparison's folder.

    Args:
        folder: the comparison's own.
        cells: what is to run.
        versions: of what would run now; the server's is not known yet.

    Raises:
        ScenarioError: it is none, or what it has done was done otherwise than it would be now; says what differs.
    """
    try:
        began = msgspec.json.decode((folder / RESULT).read_bytes(), type=Comparison).began
        found = [(_read(path), path.parent.name) for path in sorted(folder.glob(f"*/{RESULT}"))]
    except (OSError, msgspec.MsgspecError) as error:
        raise ScenarioError(f"--resume {folder}: no folder of a comparison that could go on: {error}") from None
    by_name: dict[str, list[tuple[Result, str]]] = defaultdict(list)
    for result, name in found:
        by_name[result.scenario_name].append((result, name))
    runs = {one: by_name[run_name(one)] for one in cells}
    for one, some in runs.items():
        for result, name in some:
            _same(folder / name, result, scenario_of(one), versions)
    return Before(began, runs)


def _read(path: Path) -> Result:
    return msgspec.json.decode(path.read_bytes(), type=Result)


def _same(run: Path, result: Result, scenario: Scenario, versions: Mapping[str, str]) -> None:
    fields = Scenario.__struct_fields__
    others = [name for name in fields if getattr(result.scenario, name) != getattr(scenario, name)]
    others += [name for name, now in versions.items() if result.versions.get(name) != now]
    if others:
        raise ScenarioError(
            f"--resume {run.parent}: since {run.name} {_listed(others)} changed: begin a new comparison"
        )


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last} have" if first else f"{last} has"
