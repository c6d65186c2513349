"""Looks at the replicas again and again, and draws what it sees."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from rich.console import Console
from rich.live import Live

from lab.watch.crowd import Crowd
from lab.watch.figures import Figures, read
from lab.watch.sharing import Observer
from lab.watch.table import table


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
    observer, drawn = Observer(), 0
    observer.look(await _figures(crowd), time.monotonic())
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while not times or drawn < times:
            await asyncio.sleep(every)
            view = table(observer.look(await _figures(crowd), time.monotonic()))
            drawn += 1
            if console.is_terminal:
                live.update(view, refresh=True)
            else:
                console.print(view)
                console.file.flush()  # a pipe's reader wants to see it now


async def _figures(crowd: Crowd) -> Mapping[str, Figures]:
    return {who: read(page) for who, page in (await crowd.pages()).items()}
