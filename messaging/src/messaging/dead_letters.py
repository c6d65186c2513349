"""Dead letters: list them, send them again, drop them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from messaging.patterns import PATTERNS
from messaging.seam import keys
from messaging.seam.errors import MalformedMessage
from messaging.seam.message import decode
from messaging.transport.connection import topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings

_PAGE = 500
# One step: a letter that two people replay at the same time is sent once.
_REPLAY = """\
local row = redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
if not row then return 0 end
local body
for place = 1, #row[2], 2 do if row[2][place] == 'body' then body = row[2][place + 1] end end
if ARGV[2] == 'stream' then redis.call('XADD', KEYS[1], '*', ARGV[3], body) else redis.call('RPUSH', KEYS[1], body) end
return redis.call('XDEL', KEYS[2], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter.

    Attributes:
        entry: its id in the stream of dead letters.
        origin: the list or stream that it came from.
        reason, error: why it died.
        deliveries: how often it was delivered.
        died: when.
        message_id: of the message, "" when the body is none.
    """

    entry: str
    origin: str
    reason: str
    error: str
    deliveries: int
    died: datetime
    message_id: str

    def __str__(self) -> str:
        """Return it in a line."""
        what = self.message_id or "no message"
        why = f"{self.reason} after {self.deliveries} deliveries: {self.error}"
        return f"{self.entry}  {what}  {self.origin}  {self.died:%Y-%m-%d %H:%M:%S}  {why}"


@dataclass(frozen=True, slots=True)
class Shown:
    """The newest dead letters of a destination.

    Attributes:
        newest: some of them, the newest first.
        count: how many there are in all.
    """

    newest: Sequence[Letter] = ()
    count: int = 0


class DeadLetters:
    """Those of one destination."""

    def __init__(self, redis: RedisSettings, pattern: str, destination: str = "") -> None:
        """Look at a pattern's destination, "" for its own; raises KeyError for an unknown pattern."""
        kind = PATTERNS[pattern]
        self.destination = destination or kind.destination
        self._kind = "stream" if kind.guarantee.acknowledged_by == "entry id" else "list"
        self._link = Link(topology(redis), self.destination, redis.timeout, redis.connect_timeout)
        self._key = keys.dead_letters(self.destination)

    async def letters(self) -> AsyncIterator[Letter]:
        """Return them, the oldest first; raises MessagingError."""
        start = "-"
        while rows := await self._link.one(("XRANGE", self._key, start, "+", "COUNT", _PAGE)):
            for entry, fields in rows:
                yield _letter(entry.decode(), dict(zip(fields[::2], fields[1::2], strict=True)))
            start = f"({rows[-1][0].decode()}"

    async def latest(self, count: int) -> Shown:
        """Return the newest ones, `count` at most; raises MessagingError."""
        rows = await self._link.one(("XREVRANGE", self._key, "+", "-", "COUNT", count))
        newest = [_letter(entry.decode(), dict(zip(fields[::2], fields[1::2], strict=True))) for entry, fields in rows]
        return Shown(newest, int(await self._link.one(("XLEN", self._key))))

    async def replay(self, entry: str) -> bool:
        """Append its body where it came from and delete it, in one step; False when it is not there."""
        arguments = (entry, self._kind, keys.STREAM_FIELD)
        return bool(await self._link.one(("EVAL", _REPLAY, 2, self.destination, self._key, *arguments)))

    async def drop(self, entry: str) -> bool:
        """Delete it; False when it is not there."""
        return bool(await self._link.one(("XDEL", self._key, entry)))

    async def act(self, verb: str | None, entry: str) -> bool:
        """Replay or drop it, or leave it as it is; False when it is not there any more."""
        if verb is None:
            return True
        return await (self.replay(entry) if verb == "replay" else self.drop(entry))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()


def _letter(entry: str, fields: Mapping[bytes, Any]) -> Letter:
    text = {name.decode(): value.decode(errors="replace") for name, value in fields.items() if name != b"body"}
    try:
        message_id = decode(fields.get(b"body", b"")).id
    except MalformedMessage:
        message_id = ""
    return Letter(
        entry=entry,
        origin=text.get("origin", ""),
        reason=text.get("reason", ""),
        error=text.get("error", ""),
        deliveries=int(text.get("deliveries", "0")),
        died=datetime.fromtimestamp(int(text.get("last", "0")) / 1000, UTC),
        message_id=message_id,
    )
