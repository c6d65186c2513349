"""Reads the ledger from its server, each time only what is new."""

from __future__ import annotations

import asyncio

import msgspec

from lab.evidence.ledger import Ledger
from messaging.ledger import decode_entry
from messaging.seam import keys
from messaging.seam.errors import MessagingError
from messaging.transport.connection import topology
from messaging.transport.link import Command, Link
from messaging.transport.settings import RedisSettings

CHUNK = 1000
"""Records of one writer that are read in one round trip."""


class LedgerError(Exception):
    """The ledger holds what no service of ours wrote, so that a run on it proves nothing."""


class LedgerReader:
    """The reading end of the ledger.

    Attributes:
        ledger: what has been read so far.
        raw: the same as it stands on the server, by writer.
    """

    def __init__(self, settings: RedisSettings, run: str) -> None:
        """Prepare to read what is recorded about `run`."""
        self.ledger = Ledger()
        self._run, self._writers = run, keys.ledger_writers(run)
        self._link = Link(topology(settings), self._writers, settings.timeout, settings.connect_timeout)
        self._read: dict[str, int] = {}
        self._lock = asyncio.Lock()  # a fault looks, too, for its moment
        self.raw: dict[str, list[bytes]] = {}

    async def refresh(self) -> int:
        """Read what was recorded since; return how many records that were.

        Raises:
            MessagingError: the ledger's server cannot be asked.
            LedgerError: a record cannot be read.
        """
        async with self._lock:
            for name in await self._link.one(("SMEMBERS", self._writers)):
                self._read.setdefault(name.decode(), 0)
            behind, before = list(self._read), sum(self._read.values())
            while behind:
                behind = await self._read_more(behind)
            return sum(self._read.values()) - before

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()

    async def _read_more(self, writers: list[str]) -> list[str]:
        """Read a chunk of each writer's list; return those that may hold more."""
        replies = await self._link.many([self._range(writer) for writer in writers])
        for writer, reply in zip(writers, replies, strict=True):
            if isinstance(reply, MessagingError):
                raise reply
            self._apply(writer, reply)
        return [writer for writer, reply in zip(writers, replies, strict=True) if len(reply) == CHUNK]

    def _range(self, writer: str) -> Command:
        start = self._read[writer]
        return ("LRANGE", keys.ledger_records(self._run, writer), start, start + CHUNK - 1)

    def _apply(self, writer: str, elements: list[bytes]) -> None:
        for element in elements:
            try:
                self.ledger.apply(writer, decode_entry(element))
            except msgspec.MsgspecError as error:
                text = f"{writer} holds a record that cannot be read: {error}"
                raise LedgerError(text) from error
        self._read[writer] += len(elements)
        self.raw.setdefault(writer, []).extend(elements)
