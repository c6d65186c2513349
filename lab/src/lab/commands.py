"""The verbs of the command `lab`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from cyclopts import App
from rich.console import Console

from lab.demo.display import WIDTH, display_on
from lab.demo.picture import draw, print_result
from lab.demo.story import Result, play
from lab.embedded import ServerStartError
from lab.experiment import UnreachableError
from lab.interrupt import Interrupted, interruptible
from lab.reading import LedgerError
from lab.target import TargetError
from lab.tested import Tested, own_server
from lab.verdict import Finding, worst
from messaging.errors import MessagingError, SettingsError

_USAGE = 2

app = App(
    name="lab",
    help="Experiments with messaging patterns over Redis or Valkey, judged by what is on record.",
    help_format="markdown",
    version_flags=[],
    result_action="return_value",
)


@app.command
def demo(*, svg: Path | None = None) -> int:
    """Show five patterns side by side: real processes, a real server, half a minute.

    An embedded Valkey, a publisher and a subscriber start; two more subscribers join; one is killed
    under load. In the end stands what was lost, duplicated and shared, and how late it was.

    REDIS_HOST=... (or REDIS_URL, with any other REDIS_ variable) uses your server in place of the
    embedded one. Only keys of the demo's own are touched there, and deleted in the end.

    Exit codes: 0 every guarantee held, 1 one was broken, 3 the run proves nothing, 2 it could not
    start. Ctrl-C ends it at any time, with 0; nothing is left behind.

    Parameters
    ----------
    svg
        Write the final table there, too, as a picture.
    """
    if svg is not None and not svg.parent.is_dir():
        return _refuse(f"--svg {svg}: there is no folder {svg.parent}; make it first")
    console = _console()
    try:
        result = asyncio.run(interruptible(_play(console, own_server())))
    except Interrupted as interruption:
        console.print(f"Stopped ({interruption.signal.name}); nothing is left behind.")
        return 0 if interruption.signal == signal.SIGINT else 128 + interruption.signal
    except (SettingsError, UnreachableError, ServerStartError) as error:
        return _refuse(error)
    except (TargetError, LedgerError, MessagingError) as error:
        return _refuse(error, Finding.PROVES_NOTHING.exit_code)
    print_result(console, result)
    if svg is not None:
        try:
            draw(result, svg)
        except OSError as error:
            return _refuse(error)
    return worst(verdict.finding for verdict in result.verdicts).exit_code


async def _play(console: Console, own: Tested | None) -> Result:
    display = display_on(console)
    with display:
        return await play(display, own)


def _console() -> Console:
    """Write to stdout: as wide as the terminal, or 100 columns and no control characters."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # it is a text stream
    console = Console(highlight=False, force_terminal=sys.stdout.isatty())
    if console.is_terminal and not console.is_dumb_terminal:
        return console
    return Console(width=WIDTH, force_terminal=False, no_color=True, highlight=False)


def _refuse(error: Exception | str, code: int = _USAGE) -> int:
    print(f"lab: {error}", file=sys.stderr)  # noqa: T201 - the command's own words
    return code
