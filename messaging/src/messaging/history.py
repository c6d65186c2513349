"""What a stream still holds: read it, or give it again to a group of its own (`Options.keep` says how much that is)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from messaging.patterns import PATTERNS
from messaging.patterns.stream_commands import StreamStore, fresh_entries
from messaging.seam.errors import MalformedMessage
from messaging.seam.keep import Keep
from messaging.seam.message import Message, decode
from messaging.seam.pattern import Backlog
from messaging.transport.connection import topology
from messaging.transport.link import Link, call
from messaging.transport.scripts import SCRIPTS
from messaging.transport.settings import RedisSettings

_PAGE = 1000
_ENTRY_ID = re.compile(r"(\d{1,19})(?:-(\d{1,19}))?")
_LAST = 2**64 - 1
"""The highest number that either half of an entry's id can have."""

_LATEST = datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp()


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of a stream.

    Attributes:
        entry: its id.
        added: when the server took it.
        message: None where its body is none of ours.
    """

    entry: str
    added: datetime
    message: Message | None


class History:
    """That of one stream."""

    def __init__(self, redis: RedisSettings, stream: str = "") -> None:
        """Look at a stream, "" for the pattern's own."""
        self.stream = stream or PATTERNS["stream"].destination
        self._link = Link(topology(redis), self.stream, redis.timeout, redis.connect_timeout)

    async def entries(self, since: str | datetime = "0") -> AsyncIterator[Kept]:
        """Return the entries from an id or a time on, the oldest first; no group hears of it.

        Raises:
            ValueError: `since` is neither.
            MessagingError: the server cannot be asked.
        """
        start = f"({_before(since)}"
        while rows := await self._link.one(("XRANGE", self.stream, start, "+", "COUNT", _PAGE)):
            for body, entry_id in fresh_entries(rows):
                yield _kept(entry_id.decode(), body)
            start = f"({rows[-1][0].decode()}"

    async def replay(self, group: str, since: str | datetime = "0") -> Backlog:
        """Make a group that begins at an id or a time, and return how much waits for it; then let its consumers start.

        They consume it as any other group (`Options.group`, STREAM_GROUP), up to the newest message and on. What it has
        not done is kept for it: `drop` it when nobody needs it.

        Raises:
            ValueError: `since` is neither an entry's id nor a time.
            GroupExists: there is such a group.
            MessagingError: the server cannot be asked.
        """
        begins = _before(since)
        await self._link.one(("XGROUP", "CREATE", self.stream, group, begins, "MKSTREAM"))
        position, counted = begins, 0
        while position:
            page = (group, begins, position, counted, _PAGE)
            counted, after = await self._link.one(call(SCRIPTS["stream_place"], [self.stream], *page))
            position = after.decode()
        return await StreamStore(self.stream, group, Keep()).backlog(self._link)

    async def drop(self, group: str) -> bool:
        """Delete a group with all that it has not done; False when there is none. Raises MessagingError."""
        return bool(await self._link.one(("XGROUP", "DESTROY", self.stream, group)))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()


def _before(since: str | datetime) -> str:
    """Return the id after which a group has to begin to get what stands at `since` or later."""
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise ValueError(f"{since}: give the time a zone")
        milliseconds, sequence = max(0, int(since.timestamp() * 1000)), 0
    else:
        form = _ENTRY_ID.fullmatch(since)
        if form is None:
            raise ValueError(f"{since}: give an entry's id, as in 1767225600000-0, or a time")
        milliseconds, sequence = int(form[1]), int(form[2] or 0)
    if sequence:
        return f"{milliseconds}-{sequence - 1}"
    return f"{milliseconds - 1}-{_LAST}" if milliseconds else "0-0"


def _kept(entry: str, body: bytes) -> Kept:
    added = datetime.fromtimestamp(min(int(entry.partition("-")[0]) / 1000, _LATEST), UTC)
    try:
        return Kept(entry, added, decode(body))
    except MalformedMessage:
        return Kept(entry, added, None)
