"""What a run tells in the end, whatever became of its folder."""

from __future__ import annotations

import io
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from lab.cli.outcome import console_on_stdout
from lab.run.running import keep, tell
from tests.lab.report.test_result import observed


@contextmanager
def disk_with(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as if the disk were full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def told(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("size", [0, 600, 20_000])
def test_a_full_disk_costs_the_report_and_not_the_verdict(tmp_path: Path, size: int) -> None:
    with disk_with(size):
        done = keep(observed(), tmp_path)
    assert done.folder is None
    assert done.trouble.startswith("the report could not be written: ")
    assert done.exit_code == 0
    console = Console(file=io.StringIO(), width=100)
    tell(console, done)
    assert told(console)[-1] == "test: held"
    assert not any("Everything stands in" in line for line in told(console))


def test_the_table_fits_into_a_hundred_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = keep(observed(), tmp_path)
    tell(console_on_stdout(), done)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:3]] == [
        ["pattern", "finding", "sent", "processed", "lost", "at", "most", "duplicated", "p50", "ms", "p99", "ms"],
        ["queue", "held", "4", "3", "1", "of", "4", "0", *lines[2].split()[-2:]],
    ]
    assert all(len(line) <= 100 for line in lines[:3])
