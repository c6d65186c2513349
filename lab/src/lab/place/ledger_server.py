"""Where the ledger is kept, outside the server under test."""

from __future__ import annotations

from typing import NamedTuple, Self

from messaging.transport.settings import RedisSettings


class LedgerServer(NamedTuple):
    """How to reach the ledger's server.

    Attributes:
        settings: for ourselves.
        url: the same for the services.
    """

    settings: RedisSettings
    url: str

    @classmethod
    def beside(cls, settings: RedisSettings) -> Self:
        """Return one that the services reach as we do."""
        return cls(settings, f"redis://{settings.host}:{settings.port}")
