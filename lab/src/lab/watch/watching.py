"""Looks at the replicas again and again, and draws what it sees."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from lab.watch.figures import Figures, read
from lab.watch.marks import Mark, group_marks, marks
from lab.watch.replicas import Crowd
from lab.watch.replicas import Group as Replicas
from lab.watch.sharing import Observer
from lab.watch.table import table

_TOLD = 5


async def watch(console: Console, crowd: Crowd, every: float, times: int) -> None:
    """Draw a table every so many seconds; on a terminal in place, elsewhere one below the other.

    Args:
        console: where to draw.
        crowd: whom to look at.
        every: the pause between two looks, in seconds.
        times: how many tables; 0: until interrupted.

    Raises:
        CrowdError: nobody can be asked.
    """
    watching, drawn = _Watching(crowd), 0
    await watching.look()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while not times or drawn < times:
            await asyncio.sleep(every)
            view = await watching.look()
            drawn += 1
            if console.is_terminal:
                live.update(view, refresh=True)
            else:
                console.print(view)
                console.file.flush()  # a pipe's reader wants to see it now


class _Watching:
    """What was seen so far."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd, self._observer = crowd, Observer()
        self._figures: Mapping[str, Figures] = {}
        self._groups: Mapping[str, Replicas] = {}
        self._marks: deque[Mark] = deque(maxlen=_TOLD)

    async def look(self) -> RenderableType:
        """Look, and return a table with what happened last above it."""
        figures = {who: read(page) for who, page in (await self._crowd.pages()).items()}
        groups, now = await self._crowd.groups(), time.time()
        self._marks.extend(marks(self._figures, figures, now))
        self._marks.extend(group_marks(self._groups, groups, now))
        self._figures, self._groups = figures, groups
        shown = table(self._observer.look(figures, now))
        return Group(*map(_told, self._marks), shown)


def _told(mark: Mark) -> Text:
    return Text(f"{datetime.fromtimestamp(mark.at):%H:%M:%S}  {mark}", style="dim")  # noqa: DTZ006 - the reader's wall clock
