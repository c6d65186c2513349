"""A ledger to write to, and what was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import uuid4

from lab.embedded import EmbeddedServer
from messaging.ledger import (
    Entry,
    LedgerWriter,
    decode_entry,
)
from messaging.ledger.record import Record
from messaging.seam import keys
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.transport.connection import topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LIFE, OTHER = Life("00000000-0000-8000-8000-"), Life("11111111-1111-8111-8111-")
RUN = "run"


def message(count: int, life: Life = LIFE, *, late: float = 0.0) -> Message:
    return Message(life.id_of(count), NOW - timedelta(seconds=late), "text", "sender", count)


def foreign(count: int) -> Message:
    return Message(str(uuid4()), NOW, "text", "stranger", count)


def settings(server: EmbeddedServer) -> RedisSettings:
    return RedisSettings(host=server.host, port=server.port, timeout=0.5, connect_timeout=0.5)


async def entries(server: EmbeddedServer, writer: LedgerWriter) -> list[Entry]:
    link = Link(topology(settings(server)), "", 5, 5)
    rows = await link.one(("LRANGE", keys.ledger_records(RUN, writer.writer), 0, -1))
    await link.aclose()
    return [decode_entry(row) for row in rows]


class Ledger:
    """An open writer and what it wrote."""

    def __init__(self, server: EmbeddedServer, patience: float = 5.0) -> None:
        self.server = server
        self.writer = LedgerWriter(settings(server), RUN, "me", "subscriber", patience)

    async def __aenter__(self) -> Self:
        await self.writer.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.writer.aclose()

    async def records(self) -> list[Record]:
        return [entry.record for entry in await entries(self.server, self.writer)][1:]
