"""Programs as processes."""

from __future__ import annotations

import signal
import sys

import pytest

from lab.common.child import Child
from tests.support.children import children
from tests.support.processes import Processes

ECHO = """\
import os, sys
print("settings", sorted(name for name in os.environ if name.startswith("REDIS_")))
for line in sys.stdin:
    print("heard", line, end="")
print("end", end="")
"""


async def test_lines_are_awaited_in_the_order_in_which_they_come(processes: Processes) -> None:
    process = processes.start("timeit", "-n1", "-r1", "print('one')\nprint('two')")
    assert await process.line("one") == "one"
    assert await process.exit() == 0
    assert process.lines[:2] == ["one", "two"]


async def test_it_reads_what_is_written_and_gets_only_its_own_settings(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_HOST", "of-the-shell")
    process = processes.command(sys.executable, "-c", ECHO, environment={"REDIS_PORT": "1"}, piped=True)
    assert await process.line("settings") == "settings ['REDIS_PORT']"
    process.write("a\n")
    process.write("b\n")
    assert await process.line("heard", nth=2) == "heard b"
    process.close_input()
    assert await process.exit() == 0


async def test_a_line_that_cannot_come_any_more_fails_at_once(processes: Processes) -> None:
    process = processes.start("timeit", "-n1", "-r1", "print('one')")
    with pytest.raises(AssertionError, match=r"(?s)ended without 'two'.*one"):
        await process.line("two", timeout=50)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_signals_arrive(processes: Processes, number: signal.Signals) -> None:
    process = processes.command("sleep", "60")
    send = {
        signal.SIGTERM: process.terminate,
        signal.SIGINT: process.interrupt,
        signal.SIGKILL: process.kill,
    }
    process.pause()
    assert process.is_running()
    process.resume()
    send[number]()
    assert await process.exit() == -number


async def test_one_that_does_not_end_is_told(processes: Processes) -> None:
    process = processes.command("sleep", "60")
    with pytest.raises(AssertionError, match="still runs"):
        await process.exit(timeout=0.05)


def test_what_a_test_leaves_behind_is_seen() -> None:
    before = children()
    child = Child(["sleep", "60"])
    assert children().keys() - before.keys() == {child.pid}
    child.kill()
    assert child.pid in children(), "also one that only awaits reaping"
    child.reap()
    assert children() == before
