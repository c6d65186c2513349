"""Python programs as real processes: their output, their signals, their end."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from lab.common.child import Child
from tests.support.eventually import eventually
from tests.support.forgotten import FORGOTTEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What a program needs of our environment; no setting of ours gets through.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "TMPDIR", "VIRTUAL_ENV")
_TAIL_LINES = 40
_PATIENCE = 15.0


class Process:
    """A running program, which writes its output into a file.

    Attributes:
        name: what it was started as.
    """

    def __init__(self, name: str, child: Child, output: Path) -> None:
        """Stand for a child that has been started."""
        self.name = name
        self._child = child
        self._output = output

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def is_running(self) -> bool:
        """Whether it lives; a paused one does."""
        return self._child.is_running()

    @property
    def lines(self) -> list[str]:
        """The complete lines that it has written so far, to stdout and stderr."""
        return self._output.read_text("utf-8", "replace").split("\n")[:-1]

    async def line(self, containing: str, *, nth: int = 1, timeout: float = _PATIENCE) -> str:
        """Wait for a line and return it.

        Args:
            containing: the text that marks it.
            nth: the how manieth such line, from 1 for the first that was ever written.
            timeout: the longest wait, in seconds.

        Raises:
            AssertionError: it did not come in time, or the program ended without it.
        """

        def found() -> str | None:
            alive = self.is_running()  # asked first: what it wrote last must not be missed
            matches = [line for line in self.lines if containing in line]
            if len(matches) >= nth:
                return matches[nth - 1]
            if not alive:
                raise AssertionError(self._report(f"ended without {containing!r}"))
            return None

        try:
            return str(await eventually(found, timeout=timeout, what=f"a line with {containing!r}"))
        except AssertionError as error:
            raise AssertionError(self._report(str(error))) from None

    async def exit(self, *, timeout: float = _PATIENCE) -> int:
        """Wait for its end and return its status, minus the signal that killed it.

        Raises:
            AssertionError: it still runs after `timeout` seconds.
        """
        try:
            return await self._child.wait(timeout)
        except TimeoutError:
            raise AssertionError(self._report(f"still runs after {timeout:g} s")) from None

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._child.terminate()

    def interrupt(self) -> None:
        """Send SIGINT, as Ctrl-C does."""
        self._child.interrupt()

    def kill(self) -> None:
        """Send SIGKILL."""
        self._child.kill()

    def pause(self) -> None:
        """Send SIGSTOP."""
        self._child.pause()

    def resume(self) -> None:
        """Send SIGCONT."""
        self._child.resume()

    def write(self, text: str) -> None:
        """Write to its standard input; only a program that was started with `piped`."""
        assert self._child.stdin is not None, "started without a pipe"
        self._child.stdin.write(text.encode())
        self._child.stdin.flush()

    def close_input(self) -> None:
        """End its standard input."""
        assert self._child.stdin is not None, "started without a pipe"
        self._child.stdin.close()

    def reap(self) -> None:
        """Kill it if it still lives, and leave nothing of it."""
        self._child.reap()

    def _report(self, what: str) -> str:
        tail = "\n".join(self.lines[-_TAIL_LINES:])
        return f"{self.name} (pid {self.pid}): {what}; its output:\n{tail}"

    def __str__(self) -> str:
        """Tell how it ended and what it wrote last."""
        return self._report(f"status {self._child.returncode}")


class Processes:
    """Starts programs; whoever made it calls `reap` in the end."""

    def __init__(self, directory: Path) -> None:
        """Keep the outputs as files in the directory."""
        self._directory = directory
        self._started: list[Process] = []

    def start(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        piped: bool = False,
    ) -> Process:
        """Start `python -m module`.

        Args:
            module: what to run, e.g. publisher.
            arguments: its command line.
            environment: all its settings; none of ours is passed on.
            piped: whether the test writes its standard input; else it is empty.
        """
        return self.command(sys.executable, "-m", module, *arguments, environment=environment, piped=piped)

    def command(self, *command: str, environment: Mapping[str, str] | None = None, piped: bool = False) -> Process:
        """Start any program; see `start`."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        path = self._directory / f"process-{len(self._started)}.log"
        with path.open("wb") as output:
            child = Child(
                command,
                output=output,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                environment={**passed_on, "PYTHONUNBUFFERED": "1", **(environment or {})},
            )
        process = Process(" ".join(command), child, path)
        self._started.append(process)
        return process

    def reap(self) -> None:
        """Kill what still lives and print what each has written, for the report of a failure.

        Raises:
            AssertionError: one has reported an exception that nobody took.
        """
        for process in self._started:
            process.reap()
            print(process)  # noqa: T201 - pytest shows it with a failed test
        for process in self._started:
            found = FORGOTTEN.search("\n".join(process.lines))
            assert not found, str(process)
