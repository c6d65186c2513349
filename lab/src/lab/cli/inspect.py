"""The verbs that look into what is there: find, dead-letters."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cyclopts import App

from lab.cli.outcome import console_on_stdout, mind, refuse
from lab.find.destinations import destinations
from lab.find.history import in_redis, in_run, latest
from lab.find.traces import traces_of
from lab.place.tested import looking, own_server
from messaging.patterns import PATTERNS


def find(message_id: str, *, run: Path | None = None, runs: Path = Path("runs"), trace_url: str = "") -> int:
    """Tell where a message is or went: in a run's ledger, on your server where REDIS_HOST names one, in its traces.

    Exit codes: 0 something is known of it, 1 nothing is, 2 there is nothing to look in.

    Parameters
    ----------
    message_id
        The message's id.
    run
        The run's folder; by default the last one.
    runs
        Where the runs are.
    trace_url
        Jaeger's address, as in http://localhost:16686: tells each span, and links to the trace.
    """
    folder = run or latest(runs)

    async def search() -> int:
        own = own_server()
        if folder is None and own is None and not trace_url:
            return refuse(
                f"{runs} holds no run with a ledger; give --run or --trace-url, or name your server by REDIS_HOST"
            )
        traces = await traces_of(trace_url, message_id) if trace_url else []
        moments = [*(in_run(folder, message_id) if folder else []), *(one for each in traces for one in each.moments)]
        for at, what in sorted(moments):
            _say(f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}  {what}")
        for trace in traces:
            _say(f"trace of {trace.pattern}: {trace.link}")
        places = await in_redis(looking(), message_id) if own else []
        _say("\n".join(places) or f"nothing more is known of it{f' in {folder}' if folder else ''}")
        return 0 if moments or places else 1

    return mind(console_on_stdout(), search())


letters_app = App(name="dead-letters", help="Dead letters on your server, named by REDIS_HOST or REDIS_URL.")


@letters_app.command(name="list")
def list_() -> int:
    """List them: entry, message id, where it came from, why it died."""
    return _letters(None, None)


@letters_app.command
def replay(entry: str) -> int:
    """Send one again, or all: its body goes to where it came from, and the letter is deleted, in one step.

    Parameters
    ----------
    entry
        The entry's id as `list` shows it, the message's id, or all.
    """
    return _letters("replay", entry)


@letters_app.command
def drop(entry: str) -> int:
    """Delete one, or all.

    Parameters
    ----------
    entry
        The entry's id as `list` shows it, the message's id, or all.
    """
    return _letters("drop", entry)


def _letters(verb: str | None, wanted: str | None) -> int:
    async def go_through() -> int:
        if own_server() is None:
            return refuse("name your server by REDIS_HOST or REDIS_URL")
        chosen = 0
        for place in destinations(looking(), tuple(PATTERNS)):
            # The whole list first: it would never end while they are sent again and die again.
            for letter in [one async for one in place.letters()]:
                if wanted in (None, "all", letter.entry, letter.message_id) and await place.act(verb, letter.entry):
                    chosen += 1
                    _say(str(letter))
            await place.aclose()
        return 0 if chosen or wanted in (None, "all") else refuse(f"no dead letter {wanted}", 1)

    return mind(console_on_stdout(), go_through())


def _say(text: str) -> None:
    print(text)  # noqa: T201 - what the command was asked for
