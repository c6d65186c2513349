"""The lab notices: each planted bug is found by its scenario, as what it is, with exactly the ids that it harmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.saboteurs.every import every
from tests.lab.saboteurs.trial import alarms, missed

pytestmark = pytest.mark.timeout(150)
QUICK = [name for name, one in every().items() if one.quick]
LONG = [name for name, one in every().items() if not one.quick]


async def found(name: str, folder: Path) -> None:
    saboteur = every()[name]
    assert await missed(saboteur, folder) == dict.fromkeys(saboteur.patterns, "")


@pytest.mark.parametrize("name", QUICK)
async def test_a_planted_bug_is_found(name: str, tmp_path: Path) -> None:
    await found(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
async def test_a_planted_bug_that_takes_its_time_is_found(name: str, tmp_path: Path) -> None:
    await found(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", every())
async def test_nothing_is_found_where_nothing_was_planted(name: str) -> None:
    saboteur = every()[name]
    assert await alarms(saboteur) == dict.fromkeys(saboteur.patterns, "")
