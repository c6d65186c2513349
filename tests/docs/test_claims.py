"""What docs/patterns.md says of bad moments was seen: each row names the test or the measured run that shows it."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, page

CLAIMS = "docs/patterns.md"
HEAD = "| when | then | seen in |"
_LINK = re.compile(r'\[([^\]]+)\]\(([^ )#]+)(?:#([\w-]+))?(?: "(\w+)")?\)')


def rows() -> list[str]:
    """Return the rows of the tables of what happens when."""
    tables = page(CLAIMS).split(f"{HEAD}\n|---|---|---|\n")[1:]
    return [row for table in tables for row in table.split("\n\n")[0].splitlines()]


def test_every_table_of_what_happens_when_says_where_that_was_seen() -> None:
    heads = [line for line in page(CLAIMS).splitlines() if line.startswith("| when ")]
    assert set(heads) == {HEAD}
    assert len(heads) == 4


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split(" | ")[0].removeprefix("| "))
def test_a_claim_was_seen(row: str) -> None:
    _, _, _, seen, _ = row.split("|")
    links = _LINK.findall(seen)
    assert links, f"name a test or a run in the last column: {row}"
    for _, target, anchor, test in links:
        text = (ROOT / "docs" / target).resolve().read_text(encoding="utf-8")
        wanted = rf"def {test}\(" if test else rf"^## {anchor}$"
        assert re.search(wanted, text, re.MULTILINE), f"{target} has no {test or anchor}"
