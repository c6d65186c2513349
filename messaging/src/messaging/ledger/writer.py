"""Writes one process's records to its own list on the ledger's server."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from contextlib import suppress

from messaging.ledger.record import Began, Ended, Entry, Record, Role, encode_entry
from messaging.seam import keys
from messaging.seam.errors import ConnectionLost, MessagingError, ServerNotReady
from messaging.transport.connection import topology
from messaging.transport.link import Command, Link
from messaging.transport.settings import RedisSettings

PATIENCE = 10.0
"""How long writing is tried again before it fails, in seconds."""
_PAUSE, _PAUSE_MAX = 0.02, 1.0


class LedgerWriter:
    """The writing end of the ledger; many tasks may share it.

    What several tasks append at the same time goes out in one RPUSH. A record that could not be
    written is kept and goes first the next time: the list has no gaps.

    Attributes:
        writer: its id: the name and a random part for this start of the process.
        repeated: how often it tried again to write.
    """

    def __init__(self, settings: RedisSettings, run: str, who: str, role: Role, patience: float = PATIENCE) -> None:
        """Prepare to write.

        Args:
            settings: the ledger's server, not the one under test.
            run: names the experiment; keeps its records apart from others'.
            who: the sender's or consumer's name.
            role: which of the services.
            patience: how long writing is tried again before it fails, in seconds.
        """
        self.writer = f"{who}:{secrets.token_hex(6)}"
        self.repeated = 0
        self._began = Began(who, role, socket.gethostname(), os.getpid())
        self._writers = keys.ledger_writers(run)
        self._key = keys.ledger_records(run, self.writer)
        self._link = Link(topology(settings), self._key, settings.timeout, settings.connect_timeout)
        self._patience = patience
        self._pending: list[bytes] = []
        self._seq = 0
        self._lock = asyncio.Lock()
        self._sending: set[asyncio.Task[None]] = set()
        self._handed_over, self._handing = 0, asyncio.Event()

    async def open(self) -> None:
        """Connect and make itself known; raises MessagingError when that takes too long."""
        await self._persist(("SADD", self._writers, self.writer))
        await self.append(self._began)

    def note(self, record: Record) -> int:
        """Take a record, to be written with the next one that is appended; return its number."""
        self._seq += 1
        self._pending.append(encode_entry(Entry(self._seq, time.time(), record)))
        return self._seq

    async def append(self, record: Record) -> int:
        """Write a record and return its number.

        Raises:
            MessagingError: it could not be written in time, or the server refused it.
        """
        seq = self.note(record)
        await self.flush()
        return seq

    async def send(self, record: Record) -> None:
        """Let a record go, and wait for no answer: it gets there also when this process dies after that.

        If it does not get there it is written with the next one.
        """
        seq = self.note(record)
        task = asyncio.create_task(self._flush_quietly())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        while self._handed_over < seq and not task.done():
            await self._handing.wait()

    async def flush(self) -> None:
        """Write what is noted; raises MessagingError as `append` does."""
        async with self._lock:
            if not self._pending:
                return  # another task's RPUSH took ours along
            entries, last = tuple(self._pending), self._seq
            writing = asyncio.ensure_future(self._persist(("RPUSH", self._key, *entries)))
            try:
                await asyncio.sleep(0)  # by then it is in the socket
            except asyncio.CancelledError:
                writing.cancel()
                raise
            handing, self._handed_over, self._handing = self._handing, last, asyncio.Event()
            handing.set()
            await writing
            del self._pending[: len(entries)]

    async def aclose(self) -> None:
        """Write the last record and close the connection; raises MessagingError as `append` does."""
        try:
            if self._sending:
                await asyncio.wait(self._sending)
            if self._seq:
                await self.append(Ended())
                self._seq = 0
        finally:
            await self._link.aclose()

    async def _flush_quietly(self) -> None:
        with suppress(MessagingError):  # it is kept, and whoever appends the next one is told
            await self.flush()

    async def _persist(self, command: Command) -> None:
        """Send a command that may safely be repeated, until it is answered."""
        deadline, pause = time.monotonic() + self._patience, _PAUSE
        while True:
            try:
                await self._link.one(command)
            except (ConnectionLost, ServerNotReady):
                if time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(2 * pause, _PAUSE_MAX)
                self.repeated += 1
            else:
                return
