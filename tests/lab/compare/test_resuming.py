"""A comparison that was stopped goes on where it was, and never with what was done otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from lab.compare.comparison import Axes, Comparison, scenario_of
from lab.compare.resuming import take_up
from lab.report.folder import RESULT, folder_of
from lab.report.result import Result, result_of
from lab.scenario.model import ScenarioError
from tests.lab.report.test_result import observed

NOW = {"python": "3.13.0", "sources": "abc"}
BEGAN = datetime(2026, 1, 31, tzinfo=UTC)
CELLS = [Axes("steady", "queue"), Axes("steady", "stream"), Axes("burst", "queue", batch=10)]


def run(folder: Path, one: Axes, name: str, **changes: object) -> Result:
    """Put a run of a cell into a comparison's folder."""
    found = {"scenario_name": name, "scenario": scenario_of(one), "versions": {**NOW, "server": "Valkey 9.1.2"}}
    result = msgspec.structs.replace(result_of(observed()), **(found | changes))
    path = folder_of(folder, BEGAN, name)
    (path / RESULT).write_bytes(msgspec.json.encode(result))
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a comparison in which nothing has run."""
    (tmp_path / RESULT).write_bytes(msgspec.json.encode(Comparison(1, BEGAN, 1, {}, ())))
    return tmp_path


def test_what_was_done_stands(folder: Path) -> None:
    first, third = run(folder, CELLS[0], "steady-queue"), run(folder, CELLS[2], "burst-queue-10")
    second = run(folder, CELLS[0], "steady-queue")
    before = take_up(folder, CELLS, NOW)
    assert before.began == BEGAN
    assert [result for result, _ in before.runs[CELLS[0]]] == [first, second]
    assert before.runs[CELLS[1]] == []
    assert before.runs[CELLS[2]] == [(third, "20260131-000000-burst-queue-10")]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"versions": NOW | {"sources": "other"}}, "sources has changed"),
        ({"versions": {}}, "python and sources have changed"),
        ({"scenario": scenario_of(CELLS[2])}, "about, load"),
    ],
)
def test_what_has_changed_since_is_named(folder: Path, changes: dict[str, object], named: str) -> None:
    run(folder, CELLS[0], "steady-queue", **changes)
    with pytest.raises(ScenarioError, match=f"since 20260131-000000-steady-queue {named}"):
        take_up(folder, CELLS, NOW)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no folder of a comparison"):
        take_up(tmp_path, CELLS, NOW)
