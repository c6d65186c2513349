"""Exceptions that nobody takes are noticed, in this process and in one that a test starts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support.forgotten import none_forgotten
from tests.support.processes import Processes

if TYPE_CHECKING:
    from pathlib import Path

FORGETS = """
import asyncio

async def fail():
    raise RuntimeError("nobody takes me")

async def main():
    task = asyncio.ensure_future(fail())
    await asyncio.wait([task])

asyncio.run(main())
"""


async def _fail() -> None:
    raise RuntimeError("nobody takes me")


async def test_a_task_whose_exception_nobody_takes_is_reported() -> None:
    with pytest.raises(AssertionError, match=r"(?s)never retrieved.*nobody takes me"), none_forgotten():
        await asyncio.wait([asyncio.ensure_future(_fail())])


async def test_one_whose_exception_somebody_takes_is_not() -> None:
    with none_forgotten():
        (done,), _ = await asyncio.wait([asyncio.ensure_future(_fail())])
        assert isinstance(done.exception(), RuntimeError)


async def test_a_process_that_reports_one_fails_its_test(tmp_path: Path) -> None:
    (tmp_path / "forgets.py").write_text(FORGETS)
    processes = Processes(tmp_path)
    process = processes.start("forgets", environment={"PYTHONPATH": str(tmp_path)})
    assert await process.exit() == 0
    with pytest.raises(AssertionError, match="never retrieved"):
        processes.reap()
