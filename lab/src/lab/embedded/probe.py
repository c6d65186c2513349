"""Asks a server who it is, over a bare socket, so that no client library is needed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

_NOT_YET = (b"-LOADING", b"-BUSY", b"-MASTERDOWN")


class ProbeRefusedError(Exception):
    """The server answered, but not as a server of ours would; its words are the text."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered.

    Attributes:
        run_id: new for each start of a server.
        pid: its process id.
    """

    run_id: str
    pid: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One address and the way in."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None

    async def identify(self, patience: float = 1.0) -> Identity | None:
        """Return who answers PING and INFO, or None when nobody does yet.

        Args:
            patience: how long to wait for the answers, in seconds.

        Raises:
            ProbeRefusedError: the server wants another password, or grants too few rights.
        """
        try:
            async with asyncio.timeout(patience):
                replies = await self._ask(*self._login(), ["PING"], ["INFO", "server"])
        except (OSError, TimeoutError, EOFError):
            return None
        *opening, info = replies
        if any(reply.startswith(_NOT_YET) for reply in opening):
            return None
        if opening[-1] != b"+PONG" or info.startswith(b"-"):
            raise ProbeRefusedError(b" ".join(replies).decode(errors="replace"))
        return _identity(info.decode())

    def _login(self) -> list[list[str]]:
        if self.password is None:
            return []
        return [["AUTH", *([self.username] if self.username else []), self.password]]

    async def _ask(self, *commands: Sequence[str]) -> list[bytes]:
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=self.tls)
        try:
            writer.write(b"".join(_encoded(command) for command in commands))
            await writer.drain()
            return [await _reply(reader) for _ in commands]
        finally:
            writer.transport.abort()


def _encoded(command: Sequence[str]) -> bytes:
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


async def _reply(reader: asyncio.StreamReader) -> bytes:
    line = (await reader.readuntil(b"\r\n"))[:-2]
    if not line.startswith(b"$"):
        return line
    return (await reader.readexactly(int(line[1:]) + 2))[:-2]


def _identity(info: str) -> Identity:
    facts = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    return Identity(run_id=facts["run_id"], pid=int(facts["process_id"]))
