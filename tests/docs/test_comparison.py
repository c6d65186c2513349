"""The measured tables are those that the kept results make, and the results are of everything there is."""

from __future__ import annotations

import pytest
from tools import comparison_tables

from lab.compare.comparison import axes
from lab.faults import FAULTS
from messaging.patterns import PATTERNS
from tests.docs.pages import between, page

MEND = "tools/comparison_tables.py --write"


@pytest.mark.parametrize("path", comparison_tables.SECTIONS)
def test_the_tables_are_those_of_the_kept_results(path: str) -> None:
    marker, table = comparison_tables.SECTIONS[path]
    assert between(f"docs/{path}", marker) == table(), MEND


def test_the_evidence_is_that_of_the_kept_results() -> None:
    assert page("docs/comparison.md") == comparison_tables.evidence() + "\n", MEND


def test_every_pattern_met_every_fault() -> None:
    planned = {(one.scenario, one.pattern) for one in axes(tuple(PATTERNS), tuple(FAULTS), (), (), ())}
    cells = [cell for name in comparison_tables.STRUCK for cell in comparison_tables.kept(name).cells]
    assert {(cell.axes.scenario, cell.axes.pattern) for cell in cells} == planned


def test_make_compare_names_every_fault_and_every_result() -> None:
    recipe = page("Makefile").split("\ncompare:")[1].split("\n\n")[0]
    words = set(recipe.replace(",", " ").split())
    assert set(FAULTS) <= words
    assert {f"docs/comparison/{name}.json" for name in comparison_tables.KEPT} <= words
