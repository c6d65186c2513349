"""How a command ends: what it prints when something goes wrong, and its exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine

from rich.console import Console

from lab.common.interrupt import Interrupted
from lab.demo.display import WIDTH
from lab.embedded import ServerStartError
from lab.evidence.reading import LedgerError
from lab.find.history import NotFoundError
from lab.place.target import TargetError
from lab.run.experiment import UnreachableError
from lab.run.phases import PhaseError
from lab.scenario.checking import RefusedError
from lab.scenario.model import ScenarioError
from lab.verdict.finding import Finding
from messaging.seam.errors import MessagingError, SettingsError

USAGE = 2
"""Exit code of a command that must be mended before it can run."""
UNUSABLE = (ScenarioError, RefusedError, NotFoundError, SettingsError, UnreachableError, ServerStartError)
"""Nothing was begun."""
UNPROVEN = (PhaseError, TargetError, LedgerError, MessagingError)
"""Something went wrong on the way."""


def mind(console: Console, work: Coroutine[object, object, int]) -> int:
    """Do it, and turn what goes wrong into a line and an exit code."""
    try:
        return asyncio.run(work)
    except Interrupted as interruption:
        console.print(f"Stopped ({interruption.signal.name}); nothing is left behind.")
        return 128 + interruption.signal
    except (*UNUSABLE, OSError) as error:
        return refuse(error)
    except UNPROVEN as error:
        return refuse(error, Finding.PROVES_NOTHING.exit_code)


def console_on_stdout() -> Console:
    """Write to stdout: as wide as the terminal, or 100 columns and no control characters."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # it is a text stream
    console = Console(highlight=False, force_terminal=sys.stdout.isatty())
    if console.is_terminal and not console.is_dumb_terminal:
        return console
    return Console(width=WIDTH, force_terminal=False, no_color=True, highlight=False)


def refuse(error: Exception | str, code: int = USAGE) -> int:
    """Say why not, in a line on stderr, and return the exit code."""
    print(f"lab: {error}", file=sys.stderr)  # noqa: T201 - the command's own words
    return code
