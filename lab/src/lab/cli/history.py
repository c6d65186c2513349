"""The verb history: what the stream still holds, and giving it again to a group of its own."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from cyclopts import App

from lab.cli.outcome import console_on_stdout, mind, refuse
from lab.place.tested import looking, own_server
from messaging.history import History
from messaging.seam.errors import GroupExists
from messaging.seam.keep import parse_time
from messaging.settings.common import CommonSettings

history_app = App(
    name="history", help="What the stream keeps (STREAM_KEEP), on your server, named by REDIS_HOST or REDIS_URL."
)


@history_app.command(name="list")
def list_(since: str = "0") -> int:
    """List its entries, the oldest first: entry, when it came, message id, body.

    Parameters
    ----------
    since
        An entry's id, a time (2026-01-31T10:30Z), or how long ago (90s, 15m, 24h, 7d).
    """

    async def show(history: History, _: CommonSettings) -> int:
        async for kept in history.entries(_moment(since)):
            what = f"{kept.message.id}  {kept.message.message}" if kept.message else "no message"
            _say(f"{kept.entry}  {kept.added:%Y-%m-%d %H:%M:%S}  {what}")
        return 0

    return _with_history(show)


@history_app.command
def replay(group: str, since: str = "0") -> int:
    """Make a group that begins in the past; subscribers with STREAM_GROUP=GROUP get all from there on.

    Parameters
    ----------
    group
        A new group's name.
    since
        An entry's id, a time (2026-01-31T10:30Z), or how long ago (90s, 15m, 24h, 7d).
    """

    async def place(history: History, _: CommonSettings) -> int:
        waiting = (await history.replay(group, _moment(since))).waiting
        _say(f"{waiting} messages of {history.stream} wait for the group {group}: start subscribers with")
        _say(f"  PATTERN=stream STREAM_GROUP={group}")
        return 0

    return _with_history(place)


@history_app.command
def drop(group: str) -> int:
    """Delete a group that nobody needs any more, with all that it has not done.

    Parameters
    ----------
    group
        Its name; the services' own (STREAM_GROUP) is refused.
    """

    async def delete(history: History, settings: CommonSettings) -> int:
        if group == settings.stream.group:
            return refuse(f"{group} is the services' own group (STREAM_GROUP): name another")
        return 0 if await history.drop(group) else refuse(f"{history.stream} has no group {group}", 1)

    return _with_history(delete)


def _with_history(work: Callable[[History, CommonSettings], Awaitable[int]]) -> int:
    async def look() -> int:
        if own_server() is None:
            return refuse("name your server by REDIS_HOST or REDIS_URL")
        settings = looking()
        history = History(settings.redis, settings.destination.stream)
        try:
            return await work(history, settings)
        except (ValueError, GroupExists) as error:
            return refuse(error)
        finally:
            await history.aclose()

    return mind(console_on_stdout(), look())


def _moment(since: str) -> str | datetime:
    """Return what the command line says of a moment: an entry's id as it is, else a time."""
    if re.fullmatch(r"\d+(-\d+)?", since):
        return since
    try:
        if since[:1].isdigit() and since[-1:] in "smhd":
            return datetime.now(UTC) - timedelta(seconds=parse_time(since))
        return datetime.fromisoformat(since).astimezone()
    except ValueError:
        forms = "an entry's id, a time (2026-01-31T10:30Z), or how long ago (90s, 15m, 24h, 7d)"
        raise ValueError(f"--since {since}: give {forms}") from None


def _say(text: str) -> None:
    print(text)  # noqa: T201 - what the command was asked for
