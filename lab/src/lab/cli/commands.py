"""The verbs of the command `lab`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from lab.cli.history import history_app
from lab.cli.inspect import find, letters_app
from lab.cli.outcome import UNPROVEN, UNUSABLE, console_on_stdout, mind, refuse
from lab.cli.page import page
from lab.cli.scale import scale
from lab.cli.watch import watch
from lab.common.interrupt import Interrupted, interruptible
from lab.common.nearest import instead
from lab.compare.comparing import Plan, compare
from lab.compare.comparison import axes
from lab.demo.display import display_on
from lab.demo.picture import draw, print_result
from lab.demo.story import Result, play
from lab.faults import FAULTS
from lab.place.site import Site
from lab.place.tested import Tested, own_server
from lab.run.running import carry_out, tell
from lab.scenario.model import ScenarioError
from lab.scenario.ready import find as find_scenario
from lab.targets.choice import PLACES
from lab.verdict.finding import Finding, worst
from messaging.patterns import PATTERNS

app = App(
    name="lab",
    help="Experiments with messaging patterns over Redis or Valkey, judged by what is on record.",
    help_format="markdown",
    version_flags=[],
    result_action="return_value",
)

Anywhere = Annotated[Site, Parameter(name="*")]
"""The options of a command that runs something somewhere."""
_HERE = Site()

app.command(find)
app.command(letters_app)
app.command(history_app)
app.command(page)
app.command(watch)
app.command(scale)


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
        return refuse(f"--svg {svg}: there is no folder {svg.parent}; make it first")
    console = console_on_stdout()
    try:
        result = asyncio.run(interruptible(_play(console, own_server())))
    except Interrupted as interruption:
        console.print(f"Stopped ({interruption.signal.name}); nothing is left behind.")
        return 0 if interruption.signal == signal.SIGINT else 128 + interruption.signal
    except UNUSABLE as error:
        return refuse(error)
    except UNPROVEN as error:
        return refuse(error, Finding.PROVES_NOTHING.exit_code)
    print_result(console, result)
    if svg is not None:
        try:
            draw(result, svg)
        except OSError as error:
            return refuse(error)
    return worst(verdict.finding for verdict in result.verdicts).exit_code


@app.command
def run(scenario: str, *, site: Anywhere = _HERE, runs: Path = Path("runs")) -> int:
    """Run a scenario: phases, faults, verdict, and a folder with everything that was seen.

    Exit codes: 0 every guarantee held, 1 one was broken, 3 the run proves nothing, 2 it could not
    start. Ctrl-C ends it at any time; nothing is left behind.

    Parameters
    ----------
    scenario
        A ready scenario's name, or the path of a YAML file.
    runs
        The folder in which the run's own folder is made.
    """
    console = console_on_stdout()

    async def carry() -> int:
        name, found = find_scenario(scenario)
        _known_target(site.target)
        done = await carry_out(name, found, site, runs, console)
        tell(console, done)
        if done.trouble:
            refuse(done.trouble)
        return done.exit_code

    return mind(console, carry())


@app.command(name="compare")
def compare_(  # noqa: PLR0913 - each is an axis or an option of the command line
    *,
    patterns: str = "all",
    faults: str = "",
    replicas: str = "",
    batch: str = "",
    scenario: str = "steady",
    repeat: int = 1,
    site: Anywhere = _HERE,
    runs: Path = Path("runs"),
    keep: Path | None = None,
    resume: Path | None = None,
) -> int:
    """Run scenarios for each pattern alone and write one table, each row linked to its runs.

    Parameters
    ----------
    patterns
        Names with commas, or all.
    faults
        Names with commas, or all: every ready scenario in which one of them strikes.
    replicas
        Numbers of subscribers, with commas; by default what the scenarios say.
    batch
        Values of BATCH, with commas: how fair which is.
    scenario
        Names with commas (or paths): those that run whatever the faults.
    repeat
        How often each runs, in rounds; figures then carry their ranges.
    runs
        The folder in which the comparison's own folder is made.
    keep
        Write result.json there, too.
    resume
        The folder of a comparison that was stopped: it goes on there, unless something has changed since.
    """
    chosen = (patterns, faults, replicas, batch, scenario)
    return mind(console_on_stdout(), _compare(chosen, repeat, site, runs, keep, resume))


async def _compare(
    chosen: tuple[str, str, str, str, str], repeat: int, site: Site, runs: Path, keep: Path | None, resume: Path | None
) -> int:
    patterns, faults, replicas, batch, scenario = chosen
    _known_target(site.target)
    _writable(keep)
    words = _words(patterns, PATTERNS), _words(faults, FAULTS), _numbers(replicas), _numbers(batch), _words(scenario)
    (times,) = _numbers(f"{repeat}")
    return await compare(Plan(axes(*words), times, site, runs, keep, resume), console_on_stdout())


def _writable(keep: Path | None) -> None:
    if keep is not None and not keep.parent.is_dir():
        raise ScenarioError(f"--keep {keep}: there is no folder {keep.parent}; make it first")


def _words(text: str, every: Iterable[str] = ()) -> tuple[str, ...]:
    if text == "all":
        return tuple(every)
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(text: str) -> tuple[int, ...]:
    if any(not word.isdecimal() or int(word) < 1 for word in _words(text)):
        raise ScenarioError(f"{text}: give numbers from 1 on, with commas")
    return tuple(map(int, _words(text)))


def _known_target(target: str) -> None:
    if target not in PLACES:
        raise ScenarioError(f"unknown target {target}: {instead(target, PLACES)}")


async def _play(console: Console, own: Tested | None) -> Result:
    display = display_on(console)
    with display:
        return await play(display, own)
