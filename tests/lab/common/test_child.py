"""A child process, its signals, and its end with its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab.common.child import Child
from tests.support.children import children
from tests.support.eventually import eventually
from tests.support.processes import Processes

IGNORES_SIGTERM = """\
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
sys.stdin.read()
"""

STARTS_A_CHILD = """\
import sys, time
from lab.common.child import Child
child = Child([sys.executable, "-c", "import sys; print('here', flush=True); sys.stdin.read()"],
              output=1, stdin=0)
print(f"child {child.pid}", flush=True)
time.sleep(60)
"""


async def test_it_runs_under_the_pid_that_it_is_known_by(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        child = Child([sys.executable, "-c", "import os; print(os.getpid())"], output=file)
    assert await child.wait(10) == 0
    assert output.read_text().split() == [str(child.pid)]


async def test_it_gets_the_environment_and_the_directory_that_were_named(tmp_path: Path) -> None:
    program = "import os; open('seen', 'w').write(os.environ['WORD'])"
    child = Child([sys.executable, "-c", program], directory=tmp_path, environment={"WORD": "here"})
    assert await child.wait(10) == 0
    assert (tmp_path / "seen").read_text() == "here"


async def test_a_program_that_is_not_there_ends_with_an_error() -> None:
    assert await Child(["/nonexistent/program"]).wait(10) != 0


async def test_stop_kills_what_does_not_end_by_itself(tmp_path: Path) -> None:
    child = await _ready(tmp_path, IGNORES_SIGTERM)
    assert await child.stop(grace=0.1) == -signal.SIGKILL


async def test_stop_ends_a_paused_child_in_good_order(tmp_path: Path) -> None:
    child = await _ready(tmp_path, IGNORES_SIGTERM.replace("signal.SIG_IGN", "lambda *_: sys.exit(3)"))
    child.pause()
    assert await child.stop() == 3


async def test_a_cancelled_stop_leaves_nothing(tmp_path: Path) -> None:
    child = await _ready(tmp_path, IGNORES_SIGTERM)
    stopping = asyncio.ensure_future(child.stop(grace=60))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stopping
    assert child.returncode == -signal.SIGKILL
    assert child.pid not in children()


async def test_waiting_is_bounded(tmp_path: Path) -> None:
    child = await _ready(tmp_path, IGNORES_SIGTERM)
    with pytest.raises(TimeoutError):
        await child.wait(0.05)
    child.kill()
    assert await child.wait(10) == -signal.SIGKILL
    child.reap()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_it_does_not_outlive_a_killed_parent(processes: Processes) -> None:
    parent = processes.command(sys.executable, "-c", STARTS_A_CHILD, piped=True)
    pid = int((await parent.line("child")).split()[1])
    await parent.line("here")
    parent.kill()
    await parent.exit()
    await eventually(lambda: _gone(pid), what="the child's end")


async def _ready(tmp_path: Path, program: str) -> Child:
    output = tmp_path / "output"
    with output.open("wb") as file:
        command = [sys.executable, "-c", program]
        child = Child(command, output=file, stdin=subprocess.PIPE)
    await eventually(lambda: "ready" in output.read_text(), what="the program's start")
    return child


def _gone(pid: int) -> bool:
    """Return whether no such process runs; one that only awaits reaping does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
