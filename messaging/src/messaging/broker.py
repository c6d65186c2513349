"""The way in: publishers and consumers of any pattern, at one server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol, TypeVar

from messaging.patterns import PATTERNS, PatternKind
from messaging.seam.options import Options
from messaging.seam.pattern import Consumer, Publisher
from messaging.transport.connection import topology
from messaging.transport.settings import RedisSettings


class Broker(Protocol):
    """Makes publishers and consumers; `messaging.memory.MemoryBroker` is the other one."""

    def publisher(self, pattern: str, options: Options | None = None) -> Publisher:
        """Return a publisher, not yet open. Raises KeyError for an unknown pattern."""

    def consumer(self, pattern: str, options: Options | None = None) -> Consumer:
        """Return a consumer, not yet open. Raises KeyError for an unknown pattern."""


class RedisBroker:
    """Redis or Valkey: standalone, behind Sentinel, or a Cluster."""

    def __init__(self, settings: RedisSettings) -> None:
        """Use the server that the settings describe; connects only when something is opened."""
        self._settings = settings
        self._topology = topology(settings)

    @property
    def address(self) -> str:
        """What to call the server in a log."""
        return self._topology.address

    def publisher(self, pattern: str, options: Options | None = None) -> Publisher:
        """Return a publisher, not yet open. Raises KeyError for an unknown pattern."""
        kind = PATTERNS[pattern]
        return kind.publisher(self._topology, self._complete(kind, options))

    def consumer(self, pattern: str, options: Options | None = None) -> Consumer:
        """Return a consumer, not yet open. Raises KeyError for an unknown pattern."""
        kind = PATTERNS[pattern]
        return kind.consumer(self._topology, self._complete(kind, options))

    def _complete(self, kind: PatternKind, options: Options | None) -> Options:
        options = options or Options()
        return replace(
            options,
            destination=options.destination or kind.destination,
            timeout=self._settings.timeout,
            connect_timeout=self._settings.connect_timeout,
        )


P = TypeVar("P", Publisher, Consumer)


@asynccontextmanager
async def opened(end: P) -> AsyncIterator[P]:
    """Open a publisher or a consumer, and close it at the end of the block, whatever happened.

    Raises:
        MessagingError: it could not be opened; it is closed then, too.
    """
    try:
        await end.open()
        yield end
    finally:
        await end.aclose()
