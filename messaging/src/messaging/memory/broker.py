"""The way in to memory: publishers and consumers of any pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from messaging.memory.consumer import MemoryConsumer
from messaging.memory.store import DeadLetter, Destination
from messaging.patterns import PATTERNS
from messaging.patterns.encoding import send_encoded
from messaging.seam.errors import BacklogFull
from messaging.seam.guarantee import Guarantee
from messaging.seam.message import Message
from messaging.seam.options import Options
from messaging.seam.outcomes import Acknowledged, Failed, Outcome
from messaging.seam.pattern import Backlog


class MemoryBroker:
    """Keeps all destinations in memory."""

    def __init__(self) -> None:
        """Begin empty."""
        self._destinations: dict[str, Destination] = {}

    def publisher(self, pattern: str, options: Options | None = None) -> MemoryPublisher:
        """Return a publisher. Raises KeyError for an unknown pattern."""
        return MemoryPublisher(*self._complete(pattern, options))

    def consumer(self, pattern: str, options: Options | None = None) -> MemoryConsumer:
        """Return a consumer. Raises KeyError for an unknown pattern."""
        return MemoryConsumer(*self._complete(pattern, options))

    def dead_letters(self, destination: str) -> list[DeadLetter]:
        """Return the dead letters of a destination, oldest first. Raises KeyError for an unused one."""
        return list(self._destinations[destination].dead)

    def push(self, pattern: str, destination: str, body: bytes) -> None:
        """Put raw bytes where a publisher would, as another program might."""
        self._at(destination, PATTERNS[pattern].guarantee).append(body)

    def _at(self, destination: str, guarantee: Guarantee) -> Destination:
        return self._destinations.setdefault(destination, Destination(guarantee))

    def _complete(self, pattern: str, options: Options | None) -> tuple[Destination, Options]:
        kind, options = PATTERNS[pattern], options or Options()
        options = replace(options, destination=options.destination or kind.destination)
        return self._at(options.destination, kind.guarantee), options


class MemoryPublisher:
    """A `Publisher` into memory."""

    def __init__(self, destination: Destination, options: Options) -> None:
        """Publish to one destination."""
        self._destination, self._options = destination, options

    async def open(self) -> None:
        """Nothing to connect."""

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Append them; BacklogFull and MessageTooLarge are the only ways to fail."""
        return await send_encoded(messages, self._options.message_bytes, self._send)

    async def backlog(self) -> Backlog:
        """Ask how much the destination holds."""
        return self._destination.backlog()

    async def aclose(self) -> None:
        """Nothing to close."""

    async def _send(self, bodies: list[bytes]) -> list[Outcome]:
        return [self._publish(body) for body in bodies]

    def _publish(self, body: bytes) -> Outcome:
        there, limit = self._destination, self._options.max_length
        if limit and len(there.waiting) >= limit:
            return Failed(BacklogFull(self._options.destination, len(there.waiting), limit))
        there.append(body)
        if there.guarantee.fan_out:
            return Acknowledged(len(there.subscribers))
        length = len(there.waiting)
        return Acknowledged(f"{length}-0" if there.guarantee.acknowledged_by == "entry id" else length)
