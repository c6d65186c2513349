"""Comparisons: the axes are expanded, and runs become rows with their ranges."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from lab.compare.comparison import Axes, Comparison, Range, axes, cell, durability, scenario_of
from lab.compare.matrix import markdown, save
from lab.compare.rows import HEAD, line, row, shown
from lab.report.result import Result, result_of
from lab.scenario.model import ScenarioError
from lab.scenario.ready import find
from messaging.patterns import PATTERNS
from tests.lab.report.test_result import observed


def test_a_fault_brings_every_scenario_in_which_it_strikes_for_the_patterns_that_it_can_strike() -> None:
    found = axes(tuple(PATTERNS), ("redis-kill", "memory-full"), (), (), ("steady",))
    names = dict.fromkeys(one.scenario for one in found)
    assert list(names) == ["steady", "memory-full", "redis-kill-always", "redis-kill-everysec", "redis-kill-none"]
    assert [one.pattern for one in found if one.scenario == "memory-full"] == ["queue", "reliable-queue", "stream"]


def test_numbers_multiply_and_reach_the_scenario() -> None:
    found = axes(("queue",), (), (1, 2), (10, 100), ("burst",))
    assert [(one.subscribers, one.batch) for one in found] == [(1, 10), (1, 100), (2, 10), (2, 100)]
    scenario = scenario_of(found[1])
    assert (scenario.patterns, scenario.subscribers, scenario.subscriber["BATCH"]) == (("queue",), 1, 100)
    assert scenario.subscriber["HANDLER_DELAY"] == 0.002


@pytest.mark.parametrize(("patterns", "faults"), [(("quue",), ()), (("queue",), ("rolout",))])
def test_an_unknown_name_is_refused_with_the_nearest(patterns: tuple[str, ...], faults: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError, match="did you mean"):
        axes(patterns, faults, (), (), ("steady",))


@pytest.mark.parametrize(("patterns", "base"), [((), ("steady",)), (("queue",), ()), (("pubsub",), ("poison",))])
def test_a_comparison_of_nothing_is_refused(patterns: tuple[str, ...], base: tuple[str, ...]) -> None:
    with pytest.raises(ScenarioError, match="nothing to compare"):
        axes(patterns, (), (), (), base)


def test_durability_is_what_the_server_was_told_to_keep() -> None:
    words = {
        name: durability(find(name)[1])
        for name in ("steady", "redis-kill-none", "failover-wait", "machine-crash-waitaof")
    }
    assert words == {
        "steady": "append-only file every second",
        "redis-kill-none": "memory alone",
        "failover-wait": "append-only file every second, a replica, WAIT 1",
        "machine-crash-waitaof": "append-only file every second, WAITAOF",
    }


def result(sent_per_second: float) -> Result:
    whole = result_of(observed())
    (pattern,) = whole.patterns
    figures = msgspec.structs.replace(pattern.figures, processed_per_second=sent_per_second)
    return msgspec.structs.replace(whole, patterns=(msgspec.structs.replace(pattern, figures=figures),))


def test_repeated_runs_become_one_row_with_sums_and_ranges() -> None:
    one = cell(Axes("steady", "queue", batch=10), [result(3), result(9), result(5)], ["a", "b", "c"])
    assert (one.account["lost"], one.due, one.bound) == (3, 12, None)
    assert one.faults == ("SIGKILL to s1: process 1 is gone",) * 3
    shown = dict(zip(HEAD, row(one), strict=True))
    assert shown["scenario"] == "steady (BATCH 10)"
    assert shown["lost"] == "3 of 12"
    assert shown["reordered"] == "0"
    assert shown["processed/s"] == "5 (3-9)"


def test_a_cells_line_names_each_figure() -> None:
    told = line(cell(Axes("steady", "queue", batch=10), [result(3), result(9), result(5)], ["a", "b", "c"]))
    assert told.startswith("steady (BATCH 10), queue: held; lost 3 of 12; duplicated 0; reordered 0; p50 ms ")
    assert "; processed/s 5 (3-9); " in told
    assert "at most" not in told  # there is no bound where something was lost


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.0, 0.0, "0"), (0.00001, 0.00001, "0"), (0.0123, 0.5, "0.256 (0.0123-0.5)"), (999.6, 999.6, "1,000")],
)
def test_a_figure_is_short_and_never_in_powers_of_ten(low: float, high: float, text: str) -> None:
    assert shown(Range((low + high) / 2, low, high)) == text
    assert shown(None) == ""


def test_the_files_link_to_the_runs_and_show_the_sweep(tmp_path: Path) -> None:
    cells = tuple(cell(Axes("steady", "queue", batch=size), [result(3)], [f"run-{size}"]) for size in (1, 10))
    comparison = Comparison(1, datetime.now(UTC), 1, {}, cells)
    save(tmp_path, comparison)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("result.json", "table.md", "report.html", "fairness.png", "fairness.svg"),
    }
    assert 'href="run-10/report.html"' in (tmp_path / "report.html").read_text()
    assert len(markdown(comparison).splitlines()) == 4
    decoded = msgspec.json.decode((tmp_path / "result.json").read_bytes(), type=Comparison)
    assert decoded == comparison
