"""What is sent: generated text, or the lines of a file or of stdin."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from contextlib import suppress
from typing import Protocol

import msgspec

from messaging.settings.publisher import STDIN, PublisherSettings

_CHUNK = 64 * 1024
_LONGEST_ESCAPE = 6  # a control character's "\u0001" for its one byte
_QUOTES = 2
_AHEAD = 10_000  # lines read before they are asked for


class Source(Protocol):
    """Gives the bodies of messages."""

    @property
    def skipped(self) -> int:
        """How many were too long, and left out."""

    async def take(self, limit: int) -> list[str]:
        """Return 1 to `limit` bodies, waiting for the first; none when there are no more."""

    def close(self) -> None:
        """Give no more."""


class Greetings:
    """Hello from Python #1, #2, ..., without end."""

    skipped = 0

    def __init__(self, size: int) -> None:
        """Pad each to `size` bytes with dots; 0 pads nothing."""
        self._size, self._count = size, 0

    async def take(self, limit: int) -> list[str]:
        """Return the next `limit`."""
        first, self._count = self._count + 1, self._count + limit
        return [f"Hello from Python #{count}".ljust(self._size, ".") for count in range(first, self._count + 1)]

    def close(self) -> None:
        """Nothing is open."""


class Splitter:
    """Cuts chunks of bytes into lines.

    Attributes:
        skipped: lines that were longer than the limit, and left out.
    """

    def __init__(self, limit: int) -> None:
        """Leave out lines that take more than `limit` bytes as JSON, where quotes and the like are escaped."""
        self._limit, self._rest, self._too_long = limit, b"", False
        self.skipped = 0

    def feed(self, chunk: bytes) -> list[str]:
        """Take a chunk and return the lines that it completes; an empty one ends the last line."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        if not chunk and (rest or self._too_long):
            whole, rest = [rest], b""
        lines = [text for line in whole if (text := self._line(line)) is not None]
        self._rest = rest
        if len(rest) > self._limit + 1:  # one more for the carriage return
            self._rest, self._too_long = b"", True
        return lines

    def _line(self, line: bytes) -> str | None:
        line = line.removesuffix(b"\r")
        too_long, self._too_long = self._too_long, False
        text = "" if too_long else line.decode(errors="backslashreplace")
        if too_long or not self._fits(line, text):
            self.skipped += 1
            return None
        return text

    def _fits(self, line: bytes, text: str) -> bool:
        if len(line) * _LONGEST_ESCAPE <= self._limit:
            return True
        return len(line) <= self._limit and len(msgspec.json.encode(text)) - _QUOTES <= self._limit


class Lines:
    """The lines of a file, a pipe or a terminal, read by a thread so that the loop never waits.

    It reads ahead, but not far: memory is bounded.
    """

    def __init__(self, path: str, splitter: Splitter) -> None:
        """Begin to read `path`, or stdin where that is "-"."""
        self._splitter = splitter
        self._loop = asyncio.get_running_loop()
        self._lines: deque[str] = deque()
        self._news, self._room = asyncio.Event(), threading.Event()
        self._ended = self._closed = False
        self._error: OSError | None = None
        self._room.set()
        # A daemon: nobody can interrupt a read of stdin, and the end of the process needs not to.
        threading.Thread(target=self._read, args=(path,), name="input", daemon=True).start()

    @property
    def skipped(self) -> int:
        """How many lines were too long, and left out."""
        return self._splitter.skipped

    async def take(self, limit: int) -> list[str]:
        """Return what has been read, as soon as there is any; raises OSError when it cannot be read."""
        while not self._lines and not self._ended and not self._closed:
            self._news.clear()
            self._room.set()
            await self._news.wait()
        taken = [self._lines.popleft() for _ in range(min(limit, len(self._lines)))]
        if len(self._lines) < _AHEAD:
            self._room.set()
        if self._error is not None and not taken:
            raise self._error
        return taken

    def close(self) -> None:
        """Wake who waits; the thread reads no further."""
        self._closed = True
        self._news.set()
        self._room.set()

    def _read(self, path: str) -> None:
        try:
            descriptor = 0 if path == STDIN else os.open(path, os.O_RDONLY)
            try:
                self._read_all(descriptor)
            finally:
                if descriptor:
                    os.close(descriptor)
        except OSError as error:
            self._error = error
        self._tell([], ended=True)

    def _read_all(self, descriptor: int) -> None:
        chunk = b"-"
        while chunk and not self._closed:
            chunk = os.read(descriptor, _CHUNK)
            self._tell(self._splitter.feed(chunk), ended=False)
            self._room.wait()

    def _tell(self, lines: list[str], *, ended: bool) -> None:
        if len(self._lines) + len(lines) >= _AHEAD:
            self._room.clear()
        with suppress(RuntimeError):  # the loop has ended, so nobody will take these
            self._loop.call_soon_threadsafe(self._add, lines, ended)

    def _add(self, lines: list[str], ended: bool) -> None:  # noqa: FBT001 - a callback's argument
        self._lines.extend(lines)
        self._ended = ended
        self._news.set()


def source_of(settings: PublisherSettings) -> Source:
    """Return the source that the settings ask for. To be called inside a running event loop."""
    if settings.publish.input:
        return Lines(settings.publish.input, Splitter(settings.body_bytes))
    return Greetings(settings.publish.bytes)
