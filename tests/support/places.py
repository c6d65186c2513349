"""Where messages can be: memory, or servers in a topology; and how a test looks into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from messaging import Broker, Keep, PatternKind, RedisBroker
from messaging.memory import MemoryBroker
from messaging.seam import keys
from messaging.transport.connection import topology
from messaging.transport.link import Command, Link
from messaging.transport.settings import RedisSettings

_PATIENCE = 20.0
_MEASURES = {b"list": "LLEN", b"stream": "XLEN", b"zset": "ZCARD", b"hash": "HLEN"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, as far as every place keeps it."""

    body: bytes
    reason: str
    error: str
    deliveries: int


class Place(Protocol):
    """Where a contract test takes place."""

    @property
    def broker(self) -> Broker:
        """What makes publishers and consumers there."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Fields of Options that everything there is given."""

    async def push(self, kind: PatternKind, destination: str, bodies: Sequence[bytes]) -> None:
        """Put raw bytes where a publisher would, as a program in another language might."""

    async def letters(self, destination: str) -> list[Letter]:
        """Return the dead letters of a destination, oldest first."""

    async def remains(self, destination: str) -> dict[str, int]:
        """Return what still holds something for a destination, dead letters apart, and how much."""


class MemoryPlace:
    """No server at all."""

    options: Mapping[str, Any] = MappingProxyType({})

    def __init__(self) -> None:
        """Begin empty."""
        self.broker = MemoryBroker()

    async def push(self, kind: PatternKind, destination: str, bodies: Sequence[bytes]) -> None:
        """Put raw bytes where a publisher would."""
        for body in bodies:
            self.broker.push(kind.name, destination, body)

    async def letters(self, destination: str) -> list[Letter]:
        """Return the dead letters."""
        return [
            Letter(one.body, one.reason, one.error, one.deliveries) for one in self.broker.dead_letters(destination)
        ]

    async def remains(self, destination: str) -> dict[str, int]:
        """Nothing hides in memory: what it holds is the backlog that the seam tells."""
        del destination
        return {}


class ServerPlace:
    """A server, or several, in any topology."""

    options: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, settings: RedisSettings) -> None:
        """Look into the servers that the settings describe."""
        self.settings, self.broker = settings, RedisBroker(settings)
        self._topology = topology(settings)

    async def ask(self, destination: str, *command: str | bytes | float) -> Any:  # noqa: ANN401 - whatever the server says
        """Run one command on the server that holds a destination."""
        (reply,) = await self._ask(destination, command)
        return reply

    async def push(self, kind: PatternKind, destination: str, bodies: Sequence[bytes]) -> None:
        """Put raw bytes where a publisher would."""
        ways: dict[str, list[Command]] = {
            "receivers": [("PUBLISH", destination), ("SPUBLISH", destination)],
            "length": [("RPUSH", destination)],
            "entry id": [("XADD", destination, "*", keys.STREAM_FIELD)],
        }
        chosen = ways[kind.guarantee.acknowledged_by]
        await self._ask(destination, *((*way, body) for body in bodies for way in chosen))

    async def letters(self, destination: str) -> list[Letter]:
        """Return the dead letters."""
        return [
            Letter(one["body"], one["reason"].decode(), one["error"].decode(), int(one["deliveries"]))
            for one in await self.fields_of_letters(destination)
        ]

    async def fields_of_letters(self, destination: str) -> list[dict[str, bytes]]:
        """Return the dead letters as they stand in their stream."""
        rows = await self.ask(destination, "XRANGE", keys.dead_letters(destination), "-", "+")
        return [
            {name.decode(): value for name, value in zip(fields[::2], fields[1::2], strict=True)} for _, fields in rows
        ]

    async def remains(self, destination: str) -> dict[str, int]:
        """Look at every key with the destination in its name."""
        found = await self.ask(destination, "KEYS", f"*{destination}*")
        names = [name.decode() for name in found if name.decode() != keys.dead_letters(destination)]
        kinds = await self._ask(destination, *(("TYPE", name) for name in names))
        sizes = await self._ask(
            destination, *((_MEASURES[kind], name) for kind, name in zip(kinds, names, strict=True))
        )
        return {name: size for name, size in zip(names, sizes, strict=True) if size}

    async def _ask(self, destination: str, *commands: Command) -> list[Any]:
        link = Link(self._topology, destination, _PATIENCE, _PATIENCE)
        try:
            return [await link.one(command) for command in commands]
        finally:
            await link.aclose()


class KeepingPlace(ServerPlace):
    """A server where streams keep a history, so short that it is trimmed again and again."""

    options: Mapping[str, Any] = MappingProxyType({"keep": Keep(messages=3)})

    async def remains(self, destination: str) -> dict[str, int]:
        """Leave out a stream that every group has done: it is history."""
        found = await super().remains(destination)
        if destination in found:
            rows = await self.ask(destination, "XINFO", "GROUPS", destination)
            facts = [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]
            if not sum(group[b"lag"] + group[b"pending"] for group in facts):
                del found[destination]
        return found
