"""What one sees while the demo runs: a table that lives in a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from lab.demo.snapshot import PatternView
from lab.demo.tables import live_table

WIDTH = 100


class Display(Protocol):
    """Shows events and the present; used as a context manager."""

    def __enter__(self) -> object:
        """Begin."""

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as it was."""

    def event(self, text: str) -> None:
        """Tell what happens now."""

    def show(self, views: Sequence[PatternView]) -> None:
        """Show the present; called a few times a second."""


def display_on(console: Console) -> Display:
    """Return the display that suits where the console writes."""
    return TerminalDisplay(console) if console.is_terminal else PlainDisplay(console)


class TerminalDisplay:
    """A table that is drawn anew, with the events above it."""

    def __init__(self, console: Console) -> None:
        """Draw on a terminal."""
        # No thread draws: the one loop that there is calls `show`.
        self._console, self._start = console, time.monotonic()
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> object:
        """Hide the cursor."""
        return self._live.__enter__()

    def __exit__(self, *error: object) -> None:
        """Remove the table and show the cursor."""
        self._live.stop()

    def event(self, text: str) -> None:
        """Write a line that stays above the table."""
        elapsed = time.monotonic() - self._start
        line = Text.assemble((f"{elapsed:4.0f} s  ", "dim"), (text, "bold"))
        self._live.console.print(line, soft_wrap=True)

    def show(self, views: Sequence[PatternView]) -> None:
        """Draw the table."""
        narrow = self._console.width < WIDTH
        self._live.update(live_table(views, narrow=narrow), refresh=True)


class PlainDisplay:
    """A line for each event and for each second, without control characters."""

    def __init__(self, console: Console) -> None:
        """Write to a file or a pipe."""
        self._console, self._start = console, time.monotonic()
        self._told = -1

    def __enter__(self) -> object:
        """There is nothing to prepare."""
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to put back."""

    def event(self, text: str) -> None:
        """Write a line."""
        self._write(self._elapsed, f"==> {text}")

    def show(self, views: Sequence[PatternView]) -> None:
        """Write a line when a new second has begun."""
        elapsed = self._elapsed
        if elapsed > self._told:
            self._told = elapsed
            published = max((view.published for view in views), default=0)
            received = ", ".join(f"{view.pattern} {view.received:,}" for view in views)
            self._write(elapsed, f"published {published:,} each; received: {received}")

    @property
    def _elapsed(self) -> int:
        return int(time.monotonic() - self._start)

    def _write(self, elapsed: int, text: str) -> None:
        self._console.print(f"{elapsed:3} s  {text}", soft_wrap=True, markup=False, highlight=False)
