"""What one sees while a run goes on: a table that lives in a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lab.report.run_record import Observed
from lab.run.strikes import planned_times
from messaging.seam.pattern import Backlog

Backlogs = Mapping[str, Backlog | None]
_RATE_SECONDS = 2.0


class Progress(Protocol):
    """Shows events and the present; used as a context manager."""

    def __enter__(self) -> object:
        """Begin."""

    def __exit__(self, *error: object) -> None:
        """Leave the terminal as it was."""

    def event(self, text: str) -> None:
        """Tell what happens now."""

    def show(self, observed: Observed, backlogs: Backlogs) -> None:
        """Show the present; called a few times a second."""


class Rates:
    """Messages a second, from counts that only grow."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seen: dict[str, list[tuple[float, int]]] = {}

    def of(self, name: str, count: int) -> float:
        """Return the rate of the last seconds, after the count has become `count`."""
        now, seen = time.monotonic(), self._seen.setdefault(name, [])
        seen.append((now, count))
        while len(seen) > 2 and now - seen[1][0] >= _RATE_SECONDS:  # noqa: PLR2004 - two make a rate
            del seen[0]
        then, before = seen[0]
        return (count - before) / (now - then) if now > then else 0.0


def headline(observed: Observed) -> str:
    """Return phase, elapsed time and what strikes next."""
    phase = observed.phases[-1].name if observed.phases else ""
    elapsed = time.time() - observed.start
    words = [phase, f"{max(0.0, elapsed):.0f} of {observed.scenario.load_seconds:.0f} s"]
    coming = [(at, one.fault) for at, one in planned_times(observed.scenario) if at > elapsed]
    if coming:
        at, fault = coming[0]
        words.append(f"next: {fault}" + (f" in {at - elapsed:.0f} s" if elapsed >= 0 else f" at {at:.0f} s"))
    return ", ".join(words)


def counts(observed: Observed, pattern: str) -> tuple[int, int]:
    """Return how many messages were attempted and received so far."""
    history = observed.ledger.histories.get(pattern)
    return (history.attempted, sum(history.received.values())) if history else (0, 0)


class TerminalProgress:
    """A table that is drawn anew, with the events above it."""

    def __init__(self, console: Console) -> None:
        """Draw on a terminal."""
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._start, self._rates = time.monotonic(), Rates()

    def __enter__(self) -> object:
        """Hide the cursor."""
        return self._live.__enter__()

    def __exit__(self, *error: object) -> None:
        """Remove the table and show the cursor."""
        self._live.stop()

    def event(self, text: str) -> None:
        """Write a line that stays above the table."""
        elapsed = time.monotonic() - self._start
        self._live.console.print(Text.assemble((f"{elapsed:4.0f} s  ", "dim"), (text, "bold")), soft_wrap=True)

    def show(self, observed: Observed, backlogs: Backlogs) -> None:
        """Draw the table."""
        table = Table(title=headline(observed), title_justify="left", box=None, padding=(0, 2, 0, 0))
        for name in ("pattern", "sent", "sent/s", "received", "received/s", "backlog"):
            table.add_column(name, justify="left" if name == "pattern" else "right")
        for pattern, backlog in backlogs.items():
            sent, received = counts(observed, pattern)
            rates = self._rates.of(f"{pattern} sent", sent), self._rates.of(f"{pattern} received", received)
            cells = (f"{sent:,}", f"{rates[0]:,.0f}", f"{received:,}", f"{rates[1]:,.0f}")
            table.add_row(pattern, *cells, held(backlog))
        self._live.update(table, refresh=True)


class PlainProgress:
    """A line for each event and for every other second, without control characters."""

    def __init__(self, console: Console) -> None:
        """Write to a file or a pipe."""
        self._console, self._start, self._told = console, time.monotonic(), -1

    def __enter__(self) -> object:
        """There is nothing to prepare."""
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to put back."""

    def event(self, text: str) -> None:
        """Write a line."""
        self._write(f"==> {text}")

    def show(self, observed: Observed, backlogs: Backlogs) -> None:
        """Write a line when two more seconds have passed."""
        if int(self._elapsed / 2) > self._told:
            self._told = int(self._elapsed / 2)
            received = ", ".join(f"{pattern} {counts(observed, pattern)[1]:,}" for pattern in backlogs)
            self._write(f"{headline(observed)}; received: {received}")

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._start

    def _write(self, text: str) -> None:
        self._console.print(f"{int(self._elapsed):3} s  {text}", soft_wrap=True, markup=False, highlight=False)


def progress_on(console: Console) -> Progress:
    """Return the display that suits where the console writes."""
    return TerminalProgress(console) if console.is_terminal else PlainProgress(console)


def held(backlog: Backlog | None) -> str:
    """Return a backlog in a cell."""
    if backlog is None:
        return "no answer"
    return "-" if backlog.waiting is None else f"{sum(count or 0 for count in backlog):,}"
