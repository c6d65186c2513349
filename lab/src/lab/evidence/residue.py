"""What is still in Redis after a run: messages that wait, are in flight, or are dead letters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from messaging.seam import keys
from messaging.seam.errors import MalformedMessage
from messaging.seam.message import decode
from messaging.transport.connection import Topology
from messaging.transport.link import Link

PAGE = 1000
_PATIENCE = 10.0


@dataclass(slots=True)
class Residue:
    """Messages in Redis, by id, each as often as it is there.

    Attributes:
        left: waiting, in flight or pending: somebody may still process them.
        dead_lettered: among the dead letters.
        letters: at which delivery each of these died, the lowest.
        malformed: how many bodies there are no messages.
    """

    left: list[str] = field(default_factory=list)
    dead_lettered: list[str] = field(default_factory=list)
    letters: dict[str, int] = field(default_factory=dict)
    malformed: int = 0

    def add(self, bodies: Iterable[bytes], to: list[str]) -> None:
        """Take up bodies as they stand in Redis."""
        for body in bodies:
            try:
                to.append(decode(body).id)
            except MalformedMessage:
                self.malformed += 1

    def bury(self, letters: Iterable[list[Any]]) -> None:
        """Take up dead letters, by their fields."""
        for fields in letters:
            before = len(self.dead_lettered)
            self.add((_field(fields, b"body"),), self.dead_lettered)
            delivery = int(_field(fields, b"deliveries") or 1)
            for one in self.dead_lettered[before:]:
                self.letters[one] = min(delivery, self.letters.get(one, delivery))


async def residue(topology: Topology, pattern: str, destination: str, group: str) -> Residue:
    """Look through everything that a pattern keeps in Redis; reads only.

    Args:
        topology: the server under test.
        pattern: the pattern's name.
        destination: its list or stream.
        group: the stream's group.

    Raises:
        MessagingError: the server cannot be asked.
    """
    link = Link(topology, destination, _PATIENCE, _PATIENCE)
    found = Residue()
    try:
        async for bodies in _KEPT.get(pattern, _nothing)(link, destination, group):
            found.add(bodies, found.left)
        async for rows in _entries(link, keys.dead_letters(destination)):
            found.bury(fields for _, fields in rows)
    finally:
        await link.aclose()
    return found


async def _nothing(link: Link, destination: str, group: str) -> AsyncIterator[list[bytes]]:
    """Pub/sub keeps nothing."""
    del link, destination, group
    nothing: tuple[list[bytes], ...] = ()
    for bodies in nothing:
        yield bodies


async def _queue(link: Link, destination: str, group: str) -> AsyncIterator[list[bytes]]:
    del group
    async for bodies in _list(link, destination):
        yield bodies


async def _reliable_queue(link: Link, destination: str, group: str) -> AsyncIterator[list[bytes]]:
    del group
    for key in (destination, keys.woken(destination)):
        async for bodies in _list(link, key):
            yield bodies
    for packed in await link.one(("HVALS", keys.inflight(destination))):
        yield _unpacked(packed)


async def _stream(link: Link, destination: str, group: str) -> AsyncIterator[list[bytes]]:
    delivered, pending = await _progress(link, destination, group)
    async for rows in _entries(link, destination):
        yield [
            _field(fields, keys.STREAM_FIELD.encode())
            for entry, fields in rows
            if entry in pending or _position(entry) > delivered
        ]


_KEPT = {"queue": _queue, "reliable-queue": _reliable_queue, "stream": _stream}


async def _list(link: Link, key: str) -> AsyncIterator[list[bytes]]:
    start = 0
    while bodies := await link.one(("LRANGE", key, start, start + PAGE - 1)):
        yield bodies
        start += PAGE


async def _entries(link: Link, stream: str) -> AsyncIterator[list[Any]]:
    start = "-"
    while rows := await link.one(("XRANGE", stream, start, "+", "COUNT", PAGE)):
        yield rows
        start = f"({rows[-1][0].decode()}"


async def _progress(link: Link, stream: str, group: str) -> tuple[tuple[int, int], set[bytes]]:
    """Return the last id that the group was given, and which ids it has not settled."""
    if not await link.one(("EXISTS", stream)):
        return (0, 0), set()
    for row in await link.one(("XINFO", "GROUPS", stream)):
        if _field(row, b"name").decode() == group:
            return _position(_field(row, b"last-delivered-id")), await _pending(link, stream, group)
    return (0, 0), set()


async def _pending(link: Link, stream: str, group: str) -> set[bytes]:
    pending: set[bytes] = set()
    start = "-"
    while rows := await link.one(("XPENDING", stream, group, start, "+", PAGE)):
        pending.update(row[0] for row in rows)
        start = f"({rows[-1][0].decode()}"
    return pending


def _position(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition(b"-")
    return int(milliseconds), int(sequence or 0)


def _field(fields: list[Any], name: bytes) -> Any:  # noqa: ANN401 - a reply is what the server says
    """Return a field of a flat reply; one that is not there is empty."""
    return dict(zip(fields[::2], fields[1::2], strict=True)).get(name, b"")


def _unpacked(packed: bytes) -> list[bytes]:
    """Return the bodies of one batch in flight: {count, first, {body, ...}} in MessagePack."""
    _, _, bodies = msgspec.msgpack.decode(packed, type=tuple[Any, Any, list[msgspec.Raw]])
    return [_string(bytes(raw)) for raw in bodies]


def _string(raw: bytes) -> bytes:
    """Return the bytes of a MessagePack string, which need not be UTF-8."""
    heads = {0xD9: 2, 0xDA: 3, 0xDB: 5}
    return raw[heads.get(raw[0], 1) :]
