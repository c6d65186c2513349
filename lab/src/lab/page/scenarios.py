"""A scenario that the page starts: `lab run` as a process of its own, one at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.place.site import Site
from lab.report.folder import REPORT
from lab.watch.marks import Kind, Mark

_KEPT = 40
_EVENT = "==> "
_SERVER = "REDIS_"  # a run has a server of its own, whatever the page looks at


class Scenarios:
    """Runs one scenario after the other.

    Attributes:
        name: of the one that runs, or ran last; "" before.
        lines: what it printed last.
        report: its report below the runs' folder, once there is one.
    """

    def __init__(self, site: Site, runs: Path, mark: Callable[[Mark], object]) -> None:
        """Prepare.

        Args:
            site: where they run.
            runs: the folder of their reports.
            mark: is told what happens.
        """
        self.runs = runs
        self.name, self.report = "", ""
        self._site, self._mark = site, mark
        self._lines: deque[str] = deque(maxlen=_KEPT)
        self._process: asyncio.subprocess.Process | None = None
        self._following: asyncio.Future[None] | None = None

    @property
    def running(self) -> bool:
        """Whether one runs."""
        return self._following is not None and not self._following.done()

    @property
    def lines(self) -> Sequence[str]:
        """What it printed last."""
        return self._lines

    async def start(self, name: str) -> None:
        """Start a ready scenario, unless one runs."""
        if self.running:
            return
        self.name, self.report = name, ""
        self._lines.clear()
        site = self._site
        options = {"target": site.target, "namespace": site.namespace, "release": site.release}
        options |= {"lab-namespace": site.lab_namespace, "runs": str(self.runs)}
        words = [word for option, value in options.items() if value for word in (f"--{option}", value)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(_SERVER)}
        self._following = asyncio.ensure_future(self._follow(name, words, environment | {"PYTHONUNBUFFERED": "1"}))

    def stop(self) -> None:
        """Ask the one that runs to end; it cleans up after itself."""
        if self.running and self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)

    async def aclose(self) -> None:
        """End the one that runs, and wait for it."""
        self.stop()
        if self._following is not None:
            await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self, name: str, words: Sequence[str], environment: dict[str, str]) -> None:
        self._tell(name, "begins")
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "lab", "run", name, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        if self._process.stdout is not None:
            async for line in self._process.stdout:
                self._hear(name, line.decode(errors="replace").rstrip())
        status = await self._process.wait()
        self._tell(name, {0: "held", 1: "a guarantee was broken"}.get(status, f"ended with status {status}"))

    def _hear(self, name: str, line: str) -> None:
        self._lines.append(line)
        _, event, what = line.partition(_EVENT)
        if event:
            self._tell(name, what.lower())
        elif REPORT in line:
            self.report = str(Path(line.rpartition("open ")[2]).relative_to(self.runs))

    def _tell(self, name: str, what: str) -> None:
        self._mark(Mark(time.time(), Kind.SCENARIO, name, what))
