"""A publisher or a consumer for the length of a block."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from messaging.pattern import Consumer, Publisher

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
